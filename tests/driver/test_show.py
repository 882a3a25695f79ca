"""Effects, night mode, the status ring and presets for filters, from clients and other devices to the board."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from indi_matrix import make_driver
from indi_matrix.board import active_devices, snooped_device
from indi_matrix.simulator import Led, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped, talking_to
from tests.driver.conftest import Rig
from tests.programs import PATIENCE, PROGRAM, running
from tests.stopwatch import Stopwatch, stopped

DARK = Led(0, 0, 0, 0)


def has_red(red: int, board: SimulatedBoard) -> bool:
    return board.leds[0] == Led(red, 0, 0, 0)


async def test_members_and_order(rig: Rig) -> None:
    known = rig.indi.known
    assert list(known["EVERLOOP_EFFECT"].members) == ["NONE", "RAINBOW", "PULSE", "CHASE"]
    assert known["EVERLOOP_EFFECT"].on == ["NONE"]
    speed = known["EVERLOOP_SPEED"].members["RATE"]
    assert (speed["label"], speed["min"], speed["max"]) == ("Effect speed (turns/min)", "1", "600")
    for name in ("EVERLOOP_NIGHT_MODE", "EVERLOOP_STATUS"):
        assert list(known[name].members) == ["INDI_ENABLED", "INDI_DISABLED"]
        assert known[name].on == ["INDI_DISABLED"]
        assert known[name].attributes["rule"] == "OneOfMany"


@pytest.mark.parametrize("effect", ["RAINBOW", "PULSE", "CHASE"])
async def test_an_effect_runs_until_a_colour_is_written(rig: Rig, effect: str) -> None:
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_SPEED", RATE=120)
    assert (await indi.write("EVERLOOP_EFFECT", **{effect: "On"})).state == "Ok"
    await board.wait_until(lambda board: board.frames >= 10)
    assert indi.known["EVERLOOP_IMAGE"].values["IMAGE"] == " ".join(["00000000"] * 35)
    assert (await indi.write("EVERLOOP_LED_2", BLUE=7)).state == "Ok"
    await indi.until(lambda: indi.known["EVERLOOP_EFFECT"].on == ["NONE"])
    await board.wait_until(lambda board: board.leds == (DARK, Led(0, 0, 7, 0), *[DARK] * 33))
    frames = board.frames
    await indi.write("EVERLOOP_LED_2", BLUE=8)
    await board.wait_until(lambda board: board.leds[1].blue == 8)
    assert board.frames == frames + 1


async def test_the_picture_is_back_when_an_effect_ends(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_COLOR", GREEN=50)
    await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await rig.board.wait_until(lambda board: len(set(board.leds)) > 10)
    await indi.write("EVERLOOP_EFFECT", NONE="On")
    await rig.board.wait_until(lambda board: board.leds == (Led(0, 50, 0, 0),) * 35)
    assert indi.known["EVERLOOP_COLOR"].values["GREEN"] == "50"


async def test_an_effect_has_25_frames_a_second(rig: Rig) -> None:
    await rig.indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await rig.board.wait_until(lambda board: board.frames >= 5)
    first, watch = rig.board.frames, Stopwatch()
    await rig.board.wait_until(lambda board: board.frames >= first + 25)
    assert watch.seconds < 1.15
    assert watch.elapsed > 0.85


async def test_switching_the_light_off_ends_an_effect(rig: Rig) -> None:
    await rig.indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await rig.board.wait_until(lambda board: board.frames > 2)
    await rig.indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await rig.board.wait_until(lambda board: board.leds == (DARK,) * 35)
    await rig.indi.until(lambda: rig.indi.known["EVERLOOP_EFFECT"].on == ["NONE"])


async def test_night_mode_is_red_whatever_is_written(rig: Rig) -> None:
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_NIGHT_MODE", INDI_ENABLED="On")
    for color, red in (({"WHITE": 255}, 63), ({"GREEN": 100, "WHITE": 0}, 16)):
        await indi.write("EVERLOOP_COLOR", **color)
        await board.wait_until(partial(has_red, red))
    assert indi.known["EVERLOOP_COLOR"].values["GREEN"] == "100"
    await indi.write("EVERLOOP_NIGHT_MODE", INDI_DISABLED="On")
    await board.wait_until(lambda board: board.leds[0] == Led(0, 100, 0, 0))


@pytest.mark.parametrize("effect", ["RAINBOW", "PULSE", "CHASE"])
async def test_an_effect_moves_in_night_mode(rig: Rig, effect: str) -> None:
    await rig.indi.write("EVERLOOP_NIGHT_MODE", INDI_ENABLED="On")
    await rig.indi.write("EVERLOOP_EFFECT", **{effect: "On"})
    frames = [config.image.led for config in await rig.all_sent("Everloop", 15)]
    assert len({tuple(led.red for led in frame) for frame in frames}) > 10
    assert all(led.red <= 63 and not led.green + led.blue + led.white for frame in frames for led in frame)


async def test_night_mode_of_a_ring_that_nobody_used_writes_nothing(rig: Rig) -> None:
    await rig.indi.write("EVERLOOP_NIGHT_MODE", INDI_ENABLED="On")
    await rig.indi.write("EVERLOOP_COLOR", RED=255)
    await rig.board.wait_until(lambda board: board.leds[0].red == 63)
    assert len(rig.sent("Everloop")) == 1


def light(device: str, name: str, state: str) -> str:
    return (
        f'<setLightVector device="{device}" name="{name}" state="{state}"><oneLight name="A">Ok</oneLight>'
        "</setLightVector>"
    )


async def test_other_devices_are_asked_for_what_is_watched(away: Rig) -> None:
    """Lights are never answered by name: it is the whole device that has to be asked for those."""
    asked = away.indi.asked
    assert {("Filter Simulator", "FILTER_NAME"), ("Filter Simulator", "FILTER_SLOT")} <= set(asked)
    assert {("Weather Simulator", ""), ("Telescope Simulator", "TELESCOPE_PARK")} <= set(asked)
    asked.clear()
    await away.indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="My Station", ACTIVE_DOME="")
    assert asked == [("My Station", "")]


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        ("ACTIVE_DEVICES", "ACTIVE_DOME", "Dome Simulator"),
        ("CONFIG_PROCESS", "CONFIG_LOAD", "On"),
        ("CONNECTION", "CONNECT", "On"),
    ],
)
async def test_other_devices_are_asked_again(
    away: Rig, monkeypatch: pytest.MonkeyPatch, name: str, member: str, value: str
) -> None:
    """A request reaches only the servers that are connected when it is sent."""
    monkeypatch.setattr(active_devices, "_PAUSE", 0)
    indi = away.indi
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    await indi.get_properties()
    indi.asked.clear()
    await indi.write(name, **{member: value})
    await indi.until(lambda: {("Dome Simulator", "DOME_PARK"), ("Weather Simulator", "")} <= set(indi.asked))


@pytest.mark.parametrize("device", ["", 'device="MATRIX"', 'device="*"'])
async def test_who_asks_may_be_a_server_with_other_devices(
    away: Rig, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """A request for all must not lead to one: two drivers that snoop on each other would ask for ever."""
    monkeypatch.setattr(active_devices, "_PAUSE", 0)
    indi = away.indi
    await indi.until(lambda: ("Dome Simulator", "CONNECTION") in indi.asked)
    indi.asked.clear()
    indi.send('<getProperties version="1.7" device="MATRIX" name="CONNECTION"/>')
    await indi.fence()
    assert not indi.asked
    indi.send(f'<getProperties version="1.7" {device}/>')
    await indi.until(lambda: ("Dome Simulator", "CONNECTION") in indi.asked)
    await indi.fence()
    assert {("Weather Simulator", "WEATHER_STATUS"), ("Weather Simulator", "SAFETY_STATUS")} <= set(indi.asked)
    assert len(indi.asked) == len(set(indi.asked))
    assert all(name for _, name in indi.asked)


async def test_the_status_ring_follows_the_weather(rig: Rig) -> None:
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await board.wait_until(lambda board: board.frames == 1)
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Ok"))
    await board.wait_until(lambda board: sum(any(led) for led in board.leds) == 1)
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Alert"))
    await board.wait_until(lambda board: board.leds[0].red == 255)
    await board.wait_until(lambda board: board.leds == (DARK,) * 35)
    await board.wait_until(lambda board: board.leds[0].red == 255)
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Busy"))
    await board.wait_until(lambda board: board.leds[0].green > 0)
    indi.send('<delProperty device="Weather Simulator" name="WEATHER_STATUS"/>')
    await board.wait_until(lambda board: board.leds == (DARK,) * 35)


async def test_the_status_ring_waits_while_the_light_is_on(rig: Rig) -> None:
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_COLOR", RED=9)
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Ok"))
    frames = board.frames
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await board.wait_until(lambda board: board.frames > frames)
    assert board.leds == (Led(9, 0, 0, 0),) * 35
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await board.wait_until(lambda board: sum(any(led) for led in board.leds) == 1)
    await indi.write("EVERLOOP_STATUS", INDI_DISABLED="On")
    await board.wait_until(lambda board: board.leds == (DARK,) * 35)


async def test_what_is_not_sent_again_still_holds(rig: Rig) -> None:
    """A set vector may have some of its members only."""
    indi = rig.indi
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    head = 'device="Telescope Simulator" name="TELESCOPE_PARK" state="Ok"'
    members = '<defSwitch name="PARK">On</defSwitch><defSwitch name="UNPARK">Off</defSwitch>'
    rights = 'label="Park" group="Main" perm="rw" rule="OneOfMany"'
    indi.send(f"<defSwitchVector {head} {rights}>{members}</defSwitchVector>")
    await rig.board.wait_until(lambda board: sum(any(led) for led in board.leds) == 2)
    before = rig.board.leds
    indi.send(f'<setSwitchVector {head}><oneSwitch name="UNPARK">Off</oneSwitch></setSwitchVector>')
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Ok"))
    await rig.board.wait_until(lambda board: sum(any(led) for led in board.leds) == 3)
    assert rig.board.leds[12:] == before[12:]


async def test_a_device_that_is_gone_is_forgotten(rig: Rig) -> None:
    """indiserver sends one delProperty for all properties of a driver that died."""
    indi = rig.indi
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    indi.send(light("Weather Simulator", "WEATHER_STATUS", "Ok"))
    await rig.board.wait_until(lambda board: any(any(led) for led in board.leds))
    indi.send('<delProperty device="Weather Simulator"/>')
    await rig.board.wait_until(lambda board: board.leds == (DARK,) * 35)


async def test_what_moved_when_the_link_was_lost_is_over_at_the_next_connect(rig: Rig) -> None:
    """The picture could not be sent in the end: the next visit shows it."""
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_COLOR", RED=9)
    await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await board.wait_until(lambda board: board.leds[0].blue or board.leds[1].blue)
    await rig.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.start()
    await indi.connect()
    await board.wait_until(lambda board: set(board.leds) == {Led(red=9)})
    assert indi.known["EVERLOOP_EFFECT"].on == ["NONE"]


async def test_dark_at_the_end_is_dark_at_the_next_connect(rig: Rig) -> None:
    """What clients are told is what the board shows, also when the service starts anew."""
    indi, board = rig.indi, rig.board
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.write("EVERLOOP_COLOR", RED=9)
    await board.wait_until(lambda board: board.leds[0].red == 9)
    await indi.write("CONNECTION", DISCONNECT="On")
    await board.wait_until(lambda board: not any(map(any, board.leds)))
    await indi.connect()
    assert indi.known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_OFF"]
    assert indi.known["EVERLOOP_COLOR"].values["RED"] == "9"  # the picture is kept
    frames = board.frames
    await rig.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await rig.service.start()
    await indi.in_state("CONNECTION", "Ok")
    await board.wait_until(lambda board: board.frames > frames)
    assert not any(map(any, board.leds))
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    await board.wait_until(lambda board: board.leds[0].red == 9)


async def test_what_moves_ends_with_the_connection(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await rig.board.wait_until(lambda board: board.frames > 3)
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    frames = rig.board.frames
    assert indi.known["EVERLOOP_EFFECT"].on == ["NONE"]
    assert indi.known["EVERLOOP_STATUS"].on == ["INDI_DISABLED"]
    await indi.write("EVERLOOP_COLOR", RED=1)
    await rig.board.wait_until(lambda board: board.leds[0].red == 1)
    assert rig.board.frames == frames + 1


@asynccontextmanager
async def started(board: SimulatedBoard) -> AsyncIterator[tuple[Process, IndiClient]]:
    """Run the program, connected to a board."""
    async with (
        MalosService(board, info_port=0) as service,
        running(PROGRAM, "--address", service.address) as program,
        talking_to(program) as indi,
    ):
        await (await indi.get_properties()).connect()
        yield program, indi


async def leave(program: Process, indi: IndiClient, way: str) -> None:
    """End the session, or the program, and wait until that is done."""
    if way == "disconnect":
        await indi.write("CONNECTION", DISCONNECT="On")
        return
    if way == "end of file":
        indi.writer.close()
    else:
        program.send_signal(signal.Signals[way])
    assert await stopped(program, PATIENCE) == 0


WAYS = ["disconnect", "end of file", "SIGTERM", "SIGINT"]


@pytest.mark.parametrize("way", WAYS)
async def test_the_status_ring_is_dark_in_the_end(way: str) -> None:
    """The status ring is only true while the driver updates it."""
    board = SimulatedBoard()
    async with started(board) as (program, indi):
        await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
        indi.send(light("Weather Simulator", "WEATHER_STATUS", "Ok"))
        await board.wait_until(lambda board: any(any(led) for led in board.leds))
        await leave(program, indi, way)
        async with asyncio.timeout(PATIENCE):
            await board.wait_until(lambda board: board.leds == (DARK,) * 35)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("red", [0, 7])
async def test_an_effect_leaves_the_picture_in_the_end(way: str, red: int) -> None:
    board = SimulatedBoard()
    async with started(board) as (program, indi):
        if red:
            await indi.write("EVERLOOP_COLOR", RED=red)
        await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
        await board.wait_until(lambda board: len(set(board.leds)) > 10)
        await leave(program, indi, way)
        async with asyncio.timeout(PATIENCE):
            await board.wait_until(lambda board: board.leds == (Led(red, 0, 0, 0),) * 35)


@pytest.mark.parametrize("use", [False, True])
async def test_nothing_is_sent_in_the_end_where_nothing_has_changed(rig: Rig, use: bool) -> None:
    """Another program may be using the ring by now."""
    indi = rig.indi
    if use:
        await indi.write("EVERLOOP_COLOR", RED=7)
        await rig.all_sent("Everloop", 1)
    for _ in range(2):
        await indi.write("CONNECTION", DISCONNECT="On")
        await indi.connect()
    await indi.write("EVERLOOP_COLOR", RED=9)
    await rig.board.wait_until(lambda board: board.leds[0].red == 9)
    assert len(rig.sent("Everloop")) == 1 + use


async def test_what_moves_ends_with_a_session_whose_link_is_lost(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await rig.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.start()
    await indi.connect()
    assert indi.known["EVERLOOP_EFFECT"].on == ["NONE"]
    assert indi.known["EVERLOOP_STATUS"].on == ["INDI_DISABLED"]


async def test_an_effect_goes_on_when_the_link_is_back(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
    await rig.board.wait_until(lambda board: board.frames > 3)
    await rig.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    frames = rig.board.frames
    await rig.service.start()
    await rig.board.wait_until(lambda board: board.frames > frames + 3)


async def test_a_mount_that_is_no_longer_watched_is_forgotten(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    indi.send(light("Telescope Simulator", "EQUATORIAL_EOD_COORD", "Busy"))
    await rig.board.wait_until(lambda board: any(any(led) for led in board.leds))
    await indi.write("ACTIVE_DEVICES", ACTIVE_TELESCOPE="Another")
    await rig.board.wait_until(lambda board: board.leds == (DARK,) * 35)
    indi.send(light("Telescope Simulator", "EQUATORIAL_EOD_COORD", "Alert"))
    await indi.fence()
    assert rig.board.leds == (DARK,) * 35


def filter_names(*names: str) -> str:
    members = "".join(f'<defText name="FILTER_SLOT_NAME_{n}">{name}</defText>' for n, name in enumerate(names, 1))
    head = (
        'device="Filter Simulator" name="FILTER_NAME" state="Idle" label="Filter" group="Filter Wheel" perm="rw"'
    )
    return f"<defTextVector {head}>{members}</defTextVector>"


def slot(number: int, state: str = "Ok") -> str:
    return (
        f'<setNumberVector device="Filter Simulator" name="FILTER_SLOT" state="{state}">'
        f'<oneNumber name="FILTER_SLOT_VALUE">{number}</oneNumber></setNumberVector>'
    )


async def test_the_flat_light_follows_the_filter(rig: Rig) -> None:
    indi, board = rig.indi, rig.board
    indi.send(filter_names("Red", "Green", "H_Alpha"))
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
    presets = indi.known["FLAT_LIGHT_FILTER_INTENSITY"]
    assert (presets.kind, presets.attributes["group"], list(presets.members)) == (
        "Number", "Preset", ["Red", "Green", "H_Alpha"],
    )  # fmt: skip
    assert (await indi.write("FLAT_LIGHT_FILTER_INTENSITY", Red=100, H_Alpha=200)).state == "Ok"
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    indi.send(slot(1))
    await board.wait_until(lambda board: board.leds[0].white == 100)
    await indi.until(lambda: indi.known["FLAT_LIGHT_INTENSITY"].values["FLAT_LIGHT_INTENSITY_VALUE"] == "100")
    for unheard in (slot(3, "Busy"), slot(2)):  # still turning, and no preset
        indi.send(unheard)
        await indi.fence()
        assert indi.known["FLAT_LIGHT_INTENSITY"].values["FLAT_LIGHT_INTENSITY_VALUE"] == "100"
    indi.send(slot(3))
    await board.wait_until(lambda board: board.leds[0].white == 200)


async def test_what_others_said_before_the_connect_is_known_at_it(away: Rig) -> None:
    indi, board = away.indi, away.board
    for said in (
        filter_names("Red", "Green"),
        slot(1),
        slot(2),
        light("Weather Simulator", "WEATHER_STATUS", "Ok"),
    ):
        indi.send(said)
    await indi.connect()
    assert list(indi.known["FLAT_LIGHT_FILTER_INTENSITY"].members) == ["Red", "Green"]
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await board.wait_until(lambda board: sum(any(led) for led in board.leds) == 1)


async def test_presets_follow_the_names_and_keep_their_values(rig: Rig) -> None:
    indi = rig.indi
    indi.send(filter_names("Red", "Green"))
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
    await indi.write("FLAT_LIGHT_FILTER_INTENSITY", Red=10)
    indi.send(filter_names("Blue", "Red"))
    await indi.until(
        lambda: "Blue" in indi.known.get("FLAT_LIGHT_FILTER_INTENSITY", indi.known["CONNECTION"]).members
    )
    assert indi.known["FLAT_LIGHT_FILTER_INTENSITY"].values == {"Blue": "0", "Red": "10"}
    await indi.write("ACTIVE_DEVICES", ACTIVE_FILTER="")
    assert "FLAT_LIGHT_FILTER_INTENSITY" not in indi.known


async def test_filters_of_a_wheel_that_answers_nobody_are_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    indi = rig.indi
    monkeypatch.setattr(snooped_device, "SILENCE", 0.05)
    indi.send(filter_names("Red"))
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
    await indi.write("FLAT_LIGHT_FILTER_INTENSITY", Red=10)
    indi.asked.clear()
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" not in indi.known)
    assert indi.asked.count(("Filter Simulator", "FILTER_NAME")) <= 2
    monkeypatch.setattr(snooped_device, "SILENCE", 60)
    indi.asked.clear()
    indi.send(filter_names("Red"))
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
    assert indi.known["FLAT_LIGHT_FILTER_INTENSITY"].values == {"Red": "10"}
    assert ("Filter Simulator", "FILTER_SLOT") in indi.asked


async def test_presets_are_there_from_connecting_on(away: Rig) -> None:
    away.indi.send(filter_names("Red", "Gr\u00fcn", "Red", ""))
    await away.indi.fence()
    assert "FLAT_LIGHT_FILTER_INTENSITY" not in away.indi.known
    await away.indi.connect()
    assert list(away.indi.known["FLAT_LIGHT_FILTER_INTENSITY"].members) == ["Red", "Gr?n"]


@pytest.mark.parametrize("way", ["disconnect", "end"])
@pytest.mark.parametrize("choice", ["KEEP", "OFF"])
async def test_on_disconnect(choice: str, way: str) -> None:
    board = SimulatedBoard()
    async with MalosService(board, info_port=0) as service:
        async with piped(make_driver(address=service.address)) as indi:
            await indi.get_properties()
            await indi.write("POLLING_PERIOD", PERIOD_MS=10)
            await indi.write("ON_DISCONNECT", **{choice: "On"})
            await indi.connect()
            await indi.write("EVERLOOP_COLOR", RED=5)
            await indi.write("GPIO_DIRECTION", PIN_0="On")
            await indi.settle("DIGITAL_OUTPUT_1", ON="On")
            await board.wait_until(lambda board: board.leds[0].red == 5)
            if way == "disconnect":
                await indi.write("CONNECTION", DISCONNECT="On")
        if choice == "OFF":
            await board.wait_until(lambda board: board.leds == (DARK,) * 35 and not board.level(0))
            assert board.is_output(0)
        else:
            async with piped(make_driver(address=service.address)) as other:
                await (await other.get_properties()).connect()
                assert other.known["DIGITAL_INPUT_1"].on == ["ON"]
            assert board.leds[0].red == 5
