"""Several boards in one program: one device each, and one that fails disturbs no other."""

from pathlib import Path

import pytest

from indi_matrix import make_driver
from indi_matrix.errors import SettingsError
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped


async def known_as(client: IndiClient, device: str) -> IndiClient:
    """Return a client's view of one of the devices."""
    client.device, client.one_device = device, True
    client.known.clear()
    client.send(f'<getProperties version="1.7" device="{device}"/>')
    await client.until(lambda: "ACTIVE_DEVICES" in client.known)
    return client


async def test_two_boards_of_two_kinds() -> None:
    creator, voice = SimulatedBoard(Kind.CREATOR), SimulatedBoard(Kind.VOICE)
    async with MalosService(creator, info_port=0) as north, MalosService(voice, info_port=0) as south:
        boards = {"North": north.address, "South": south.address}
        async with piped(make_driver(boards=boards)) as indi:
            for name, leds in (("North", "35"), ("South", "18")):
                await (await known_as(indi, name)).connect()
                assert indi.known["EVERLOOP_INFO"].values["LEDS"] == leds
            await indi.write("EVERLOOP_COLOR", RED=9)
            await voice.wait_until(lambda board: board.leds[17].red == 9)
            assert creator.frames == 0
            # The one board's service dies; the other one's writes go on.
            await north.stop()
            assert (await indi.write("EVERLOOP_COLOR", RED=10)).state == "Ok"
            await voice.wait_until(lambda board: board.leds[17].red == 10)
            await known_as(indi, "North")
            await indi.in_state("CONNECTION", "Busy")


async def test_a_board_that_is_not_there_leaves_the_others_alone() -> None:
    board = SimulatedBoard()
    async with (
        MalosService(board, info_port=0) as service,
        piped(make_driver(boards={"Absent": "127.0.0.1:1", "Present": service.address})) as indi,
    ):
        (await known_as(indi, "Absent")).put("CONNECTION", CONNECT="On")
        await (await known_as(indi, "Present")).connect()
        await indi.write("EVERLOOP_COLOR", RED=1)
        await board.wait_until(lambda board: board.leds[0].red == 1)


async def test_each_board_has_its_own_config_file() -> None:
    async with piped(make_driver(boards={"North Board": "north", "South": "south"})) as indi:
        for name, period in (("North Board", 20), ("South", 30)):
            await (await known_as(indi, name)).write("POLLING_PERIOD", PERIOD_MS=period)
            await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    files = {path.name: path.read_text() for path in (Path.home() / ".indi").glob("*.xml")}
    assert set(files) == {"North Board_config.xml", "South_config.xml"}
    assert "20" in files["North Board_config.xml"]
    async with piped(make_driver(boards={"North Board": "north", "South": "south"})) as indi:
        await known_as(indi, "South")
        assert indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "30"}


async def test_neighbours_in_the_config_file_are_asked_once() -> None:
    file = Path.home() / ".indi" / "MATRIX_config.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "<oneText name='ACTIVE_DOME'>My Dome</oneText>"
    vector = f"<newTextVector device='MATRIX' name='ACTIVE_DEVICES'>{text}</newTextVector>"
    file.write_text(f"<INDIDriver>{vector}</INDIDriver>")
    async with piped(make_driver()) as indi:
        await (await indi.get_properties()).fence()
        assert indi.asked.count(("My Dome", "DOME_PARK")) == 1
        assert not [device for device, _ in indi.asked if device == "Dome Simulator"]


@pytest.mark.parametrize("boards", [{"": "pi"}, {"x" * 64: "pi"}, {"A": "pi:0"}, {"A": ""}])
def test_boards_that_cannot_be(boards: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        make_driver(boards=boards)


def test_boards_that_would_share_a_config_file() -> None:
    with pytest.raises(SettingsError, match=r"A_B_config\.xml"):
        make_driver(boards={"A/B": "pi", "A_B": "pi"})
