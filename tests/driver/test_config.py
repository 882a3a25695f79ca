"""CONFIG_PROCESS, and what the config file does at start."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.devices.everloop.image_text import image_text
from indi_matrix.indi.properties.kinds import TEXT_LIMIT
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from tests.driver.client import Answer, IndiClient, piped, talking_to
from tests.driver.conftest import Rig
from tests.programs import PROGRAM, need, running
from tests.simulator.client import Client


@pytest.fixture
def config(home: Path) -> Path:
    """Where the config file belongs."""
    return home / ".indi" / "MATRIX_config.xml"


@pytest_asyncio.fixture
async def fast(away: Rig) -> Rig:
    """A board that is looked at often."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    assert (await away.indi.connect()).state == "Ok"
    return away


def default_of(config: Path) -> Path:
    return config.with_name(f"{config.name}.default")


def vector(kind: str, name: str, /, device: str = "MATRIX", **members: str) -> str:
    ones = "".join(f"<one{kind} name='{member}'>\n{value}\n</one{kind}>" for member, value in members.items())
    return f"<new{kind}Vector device='{device}' name='{name}'>{ones}</new{kind}Vector>\n"


def put_file(path: Path, *vectors: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("<INDIDriver>\n" + "".join(vectors) + "</INDIDriver>\n")


async def process(indi: IndiClient, what: str) -> Answer:
    """Write a member of CONFIG_PROCESS; whatever comes of it, all are Off then."""
    answer = await indi.settle("CONFIG_PROCESS", **{f"CONFIG_{what}": "On"})
    assert set(answer.values.values()) == {"Off"}
    return answer


def shown(indi: IndiClient, *names: str) -> Mapping[str, Mapping[str, str]]:
    return {name: dict(indi.known[name].values) for name in names}


ALWAYS = ("DEVICE_ADDRESS", "POLLING_PERIOD", "KEEP_ALIVE", "SIMULATION", "DEBUG")
OF_BOARD = ("GPIO_DIRECTION", "FLAT_LIGHT_INTENSITY")


async def change_all(indi: IndiClient) -> Mapping[str, Mapping[str, str]]:
    await indi.write("DEVICE_ADDRESS", ADDRESS="raspberry.local", PORT="30000")
    await indi.write("POLLING_PERIOD", PERIOD_MS=50)
    await indi.write("KEEP_ALIVE", TIMEOUT=7)
    await indi.write("SIMULATION", ENABLE="On")
    await indi.write("DEBUG", ENABLE="On")
    await indi.write("LOGGING_LEVEL", LOG_SESSION="Off")
    return shown(indi, *ALWAYS, "LOGGING_LEVEL", "LOG_OUTPUT")


async def test_what_was_saved_is_there_at_the_next_start(config: Path) -> None:
    async with piped(make_driver()) as indi:
        saved = await change_all(await indi.get_properties())
        await indi.write("LOGGING_LEVEL", LOG_SESSION="On")
        assert (await process(indi, "SAVE")).state == "Ok"
        assert indi.messages[-1] == f"[INFO] saved {config}"
        await indi.write("LOGGING_LEVEL", LOG_SESSION="Off")
        assert (await process(indi, "SAVE")).state == "Ok"
    assert config.is_file()
    async with piped(make_driver()) as indi:
        await indi.get_properties(*saved)
        assert shown(indi, *saved) == saved
        assert indi.known["CONNECTION"].on == ["DISCONNECT"]
        assert indi.answers == []


async def test_a_board_has_its_configuration_back_but_not_its_levels(fast: Rig, config: Path) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_15="On")
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=99)
    await process(indi, "SAVE")
    before = shown(indi, *OF_BOARD)
    text = config.read_text()
    assert "device='MATRIX' name='CONNECTION'" not in text
    assert "device='MATRIX' name='DIGITAL_OUTPUT_4'" not in text
    board = SimulatedBoard(Kind.CREATOR)
    async with MalosService(board, info_port=0) as service, piped(make_driver(address=service.address)) as again:
        await (await again.get_properties()).connect()
        assert shown(again, *OF_BOARD) != before
        assert (await process(again, "LOAD")).state == "Ok"
        assert shown(again, *OF_BOARD) == before
        await again.in_state("DIGITAL_OUTPUT_4", "Ok")
        assert again.known["DIGITAL_OUTPUT_4"].on == ["OFF"]
        assert not board.level(3)
        assert set(board.leds) == {Led(0, 0, 0, 0)}


async def test_only_what_is_saved_is_loaded(fast: Rig, config: Path) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.settle("DIGITAL_OUTPUT_1", OFF="On")
    put_file(
        config,
        vector("Switch", "CONNECTION", DISCONNECT="On"),
        vector("Switch", "DIGITAL_OUTPUT_1", ON="On"),
        vector("Number", "EVERLOOP_COLOR", RED="9"),
        vector("Switch", "CONFIG_PROCESS", CONFIG_PURGE="On"),
        vector("Number", "KEEP_ALIVE", device="Another", TIMEOUT="9"),
        vector("Text", "", device=""),
        vector("Switch", "DEBUG_LEVEL", DBG_ERROR="On"),
        vector("Number", "KEEP_ALIVE", TIMEOUT="8"),
    )
    start = len(indi.answers)
    assert (await process(indi, "LOAD")).state == "Ok"
    await indi.fence()
    names = [answer.name for answer in indi.answers[start:]]
    assert names == ["CONFIG_PROCESS", "KEEP_ALIVE", "CONFIG_PROCESS", "CONNECTION_MODE"]
    assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "8"}
    assert indi.messages[-1].startswith(f"[INFO] loaded {config}, without what is not there now: ")
    assert not [text for text in indi.messages if "WARNING" in text]


async def test_what_stays_as_it_is_needs_no_next_connect(rig: Rig) -> None:
    await process(rig.indi, "SAVE")
    assert (await process(rig.indi, "LOAD")).state == "Ok"
    assert not [text for text in rig.indi.messages if "next connect" in text]


async def test_loading_never_connects(config: Path) -> None:
    put_file(config, vector("Switch", "SIMULATION", ENABLE="On"), vector("Switch", "CONNECTION", CONNECT="On"))
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await process(indi, "LOAD")
        await indi.fence()
        assert indi.known["CONNECTION"].on == ["DISCONNECT"]
        assert indi.known["SIMULATION"].on == ["ENABLE"]


async def test_what_is_given_goes_before_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_file(
        config,
        vector("Text", "DEVICE_ADDRESS", ADDRESS="from.file", PORT="1"),
        vector("Switch", "SIMULATION", DISABLE="On"),
        vector("Number", "KEEP_ALIVE", TIMEOUT="9"),
    )
    monkeypatch.setenv("INDI_MATRIX_ADDRESS", "from.environment")
    for driver, address, simulated in (
        (make_driver(address="from.argument"), "from.argument", "DISABLE"),
        (make_driver(simulate="voice"), "from.environment", "ENABLE"),
    ):
        async with piped(driver) as indi:
            await indi.get_properties()
            assert indi.known["DEVICE_ADDRESS"].values["ADDRESS"] == address
            assert indi.known["SIMULATION"].on == [simulated]
            assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "9"}
    # Ekos writes this by itself as soon as it has connected.
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert (await process(indi, "LOAD")).state == "Ok"
        assert indi.known["DEVICE_ADDRESS"].values == {"ADDRESS": "from.environment", "PORT": "20012"}


async def test_loading_leaves_a_high_output_high(fast: Rig, config: Path) -> None:
    """The driver was started anew, and the board was not: a running motor must not stop for that."""
    await fast.indi.write("GPIO_DIRECTION", PIN_3="On")
    await fast.indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await fast.indi.write("CONNECTION", DISCONNECT="On")
    fast.configs.clear()
    put_file(config, vector("Switch", "GPIO_DIRECTION", PIN_3="On"))
    async with piped(make_driver(address=fast.service.address)) as again:
        await (await again.get_properties()).connect()
        assert (await process(again, "LOAD")).state == "Ok"
        await again.in_state("DIGITAL_OUTPUT_4", "Ok")
        assert again.known["DIGITAL_OUTPUT_4"].on == ["ON"]
    assert {config.gpio.value for config in fast.sent("Gpio") if config.gpio.pin == 3} == {1}


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_order_in_the_file_does_not_matter(fast: Rig, config: Path, backwards: bool) -> None:
    vectors = [
        vector("Switch", "GPIO_DIRECTION", PIN_3="On"),
        vector("Text", "DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_4="Roof"),
        vector("Number", "PULSE_3", DURATION="2000"),
        vector("Number", "PULSE_4", DURATION="2000"),
    ]
    put_file(config, *(reversed(vectors) if backwards else vectors))
    assert (await process(fast.indi, "LOAD")).state == "Ok"
    assert fast.indi.known["DIGITAL_OUTPUT_4"].attributes["label"] == "Roof"
    assert fast.indi.known["PULSE_3"].values == {"DURATION": "2000"}
    await fast.indi.until(lambda: fast.indi.messages)
    assert fast.indi.messages[-1] == f"[INFO] loaded {config}, without what is not there now: PULSE_4"


async def test_saving_while_away_keeps_what_the_file_has_of_the_board(config: Path) -> None:
    put_file(
        config,
        vector("Switch", "CONNECTION", CONNECT="On"),
        vector("Switch", "GPIO_DIRECTION", PIN_7="On"),
        vector("Number", "KEEP_ALIVE", TIMEOUT="9"),
        vector("Number", "KEEP_ALIVE", device="Another", TIMEOUT="9"),
    )
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).write("KEEP_ALIVE", TIMEOUT=8)
        await process(indi, "SAVE")
        text = config.read_text()
        assert "'CONNECTION'" not in text
        assert text.count("'GPIO_DIRECTION'") == text.count("'KEEP_ALIVE'") == 1
        await indi.connect()
        await process(indi, "LOAD")
        assert indi.known["GPIO_DIRECTION"].on == ["PIN_7"]
        await indi.write("GPIO_DIRECTION", PIN_8="On")
        await indi.write("CONNECTION", DISCONNECT="On")
        await process(indi, "SAVE")
        await indi.connect()
        await indi.write("GPIO_DIRECTION", PIN_7="Off", PIN_8="Off")
        await process(indi, "LOAD")
        assert indi.known["GPIO_DIRECTION"].on == ["PIN_7", "PIN_8"]
        assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "8"}


async def test_labels_are_saved_also_when_no_pin_has_that_direction_any_more(rig: Rig, config: Path) -> None:
    indi = rig.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1="Roof motor")
    await indi.write("GPIO_DIRECTION", PIN_0="Off")
    assert (await process(indi, "SAVE")).state == "Ok"
    assert "Roof motor" in config.read_text()


async def test_the_first_configuration_is_the_default(away: Rig, config: Path) -> None:
    indi = away.indi
    for timeout in (7, 8, 9):
        await indi.write("KEEP_ALIVE", TIMEOUT=timeout)
        await process(indi, "SAVE")
    assert (await process(indi, "DEFAULT")).state == "Ok"
    assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "7"}
    await process(indi, "LOAD")
    assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "9"}
    assert (await process(indi, "PURGE")).state == "Ok"
    assert [path.name for path in config.parent.iterdir()] == [default_of(config).name]
    assert (await process(indi, "DEFAULT")).state == "Ok"


@pytest.mark.parametrize("what", ["LOAD", "start"])
async def test_loading_keeps_a_default_too(away: Rig, config: Path, what: str) -> None:
    put_file(config, vector("Number", "KEEP_ALIVE", TIMEOUT="9"))
    if what == "LOAD":
        await process(away.indi, "LOAD")
    else:
        make_driver()
    assert default_of(config).read_bytes() == config.read_bytes()


@pytest.mark.parametrize(
    ("what", "told"),
    [("DEFAULT", "cannot read {}.default"), ("PURGE", "cannot remove {}")],
)
async def test_there_is_no_such_file(away: Rig, config: Path, what: str, told: str) -> None:
    answer = await process(away.indi, what)
    assert answer.state == "Alert"
    assert answer.message == f"[ERROR] CONFIG_PROCESS: {told.format(config)}: No such file or directory"
    assert not config.parent.exists()


async def test_loading_before_anything_was_saved_is_no_error(rig: Rig, config: Path) -> None:
    """Ekos does so as soon as it has connected."""
    indi = rig.indi
    answer = await process(indi, "LOAD")
    assert (answer.state, answer.message) == ("Ok", "")
    told = f"[INFO] no configuration was saved yet: Save in Options (CONFIG_SAVE) writes {config}"
    assert indi.messages == [told]
    assert not config.parent.exists()


async def test_a_directory_is_in_the_way(config: Path) -> None:
    config.mkdir(parents=True)
    async with piped(make_driver(simulate="creator")) as indi:
        await indi.get_properties()
        await indi.until(lambda: indi.messages == [f"[ERROR] cannot read {config}: Is a directory"])
        for what, verb in (("LOAD", "read"), ("SAVE", "write"), ("PURGE", "remove")):
            answer = await process(indi, what)
            assert answer.state == "Alert"
            assert answer.message == f"[ERROR] CONFIG_PROCESS: cannot {verb} {config}: Is a directory"
        assert (await indi.connect()).state == "Ok"
    assert os.listdir(config.parent) == [config.name]  # noqa: PTH208 - a temporary file would be hidden


def _identity(path: Path) -> tuple[int, int, int, int]:
    """Return what tells a file from another in its place; to look at a link changes its time of access."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("what", ["a FIFO", "a device", "a link to a FIFO"])
async def test_what_is_no_file_is_neither_read_nor_replaced_nor_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "config.xml"
    if what == "a FIFO":
        os.mkfifo(path)
    elif what == "a device":
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    else:
        os.mkfifo(tmp_path / "fifo")
        path.symlink_to("fifo")
    monkeypatch.setenv("INDICONFIG", str(path))
    before, names = _identity(path), set(tmp_path.iterdir())
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await indi.until(lambda: indi.messages == [f"[ERROR] cannot read {path}: it is no regular file"])
        for request, verb in (("LOAD", "read"), ("SAVE", "write"), ("PURGE", "remove")):
            answer = await process(indi, request)
            assert answer.state == "Alert"
            assert answer.message == f"[ERROR] CONFIG_PROCESS: cannot {verb} {path}: it is no regular file"
        await indi.write("DEVICE_ADDRESS", ADDRESS="raspberry.local")
    assert (_identity(path), set(tmp_path.iterdir())) == (before, names)


@pytest.mark.parametrize(
    "path", ["/", ".", "..", "{}/" + "x" * 300, "{}/" + "x/" * 3000, "{}/file/config.xml", "{}/loop"]
)
async def test_paths_that_can_be_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INDICONFIG", path.format(tmp_path))
    async with piped(make_driver(simulate="creator")) as indi:
        await indi.get_properties()
        for what in ("LOAD", "SAVE"):
            answer = await process(indi, what)
            assert answer.state == "Alert"
            assert str(Path(path.format(tmp_path)).parent)[:150] in answer.message
        assert (await indi.connect()).state == "Ok"
    assert {one.name for one in tmp_path.iterdir()} == {"file", "loop"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
async def test_a_folder_that_cannot_be_entered(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 1234, 1234)
    path = folder / "config.xml"
    enter_anything = "-dac_override,-dac_read_search"
    command = (need("setpriv", "util-linux"), "--bounding-set", enter_anything, PROGRAM)
    async with running(*command, environ={"INDICONFIG": str(path)}) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        for what, verb in (("LOAD", "read"), ("SAVE", "write"), ("PURGE", "remove")):
            answer = await process(indi, what)
            assert answer.state == "Alert"
            assert answer.message == f"[ERROR] CONFIG_PROCESS: cannot {verb} {path}: Permission denied"


async def test_a_save_keeps_permissions_and_follows_no_planted_link(away: Rig, config: Path) -> None:
    put_file(config, vector("Number", "KEEP_ALIVE", TIMEOUT="9"))
    config.chmod(0o640)
    victim = config.with_name("victim")
    victim.write_text("precious")
    for planted in (f".{os.getpid()}.{config.name}", f".{config.name}.new", f"{config.name}.new"):
        config.with_name(planted).symlink_to("victim")
    assert (await process(away.indi, "SAVE")).state == "Ok"
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert victim.read_text() == "precious"


async def test_what_would_be_too_long_to_be_loaded_is_not_saved(away: Rig, config: Path) -> None:
    indi, unknown = away.indi, vector("Text", "UNKNOWN_{}", A="x" * 1000)
    put_file(config, *(unknown.format(number) for number in range((1 << 20) // len(unknown) - 10)))
    before = config.read_bytes()
    await indi.write("KEEP_ALIVE", TIMEOUT=9)
    answer = await process(indi, "SAVE")
    assert answer.state == "Alert"
    assert answer.message.endswith(f"cannot write {config}: it would be longer than 1048576 bytes")
    assert config.read_bytes() == before
    assert (await process(indi, "LOAD")).state == "Ok"


async def test_texts_that_are_too_long_are_refused_by_name(rig: Rig) -> None:
    texts = {"ACTIVE_DEVICES": "ACTIVE_DOME", "EVERLOOP_IMAGE": "IMAGE", "DEVICE_ADDRESS": "PORT"}
    for name, member in texts.items():
        before = dict(rig.indi.known[name].values)
        answer = await rig.indi.write(name, **{member: "F" * 4097})
        assert answer.state == "Alert"
        assert f"{name}.{member}='FFFFF" in answer.message
        assert answer.message.endswith("has 4097 characters; it takes at most 4096")
        assert rig.indi.known[name].values == before
    assert (await rig.indi.write("ACTIVE_DEVICES", ACTIVE_DOME=" " + "x" * 4096 + "\n")).state == "Ok"


def test_a_picture_of_a_ring_of_255_has_room() -> None:
    assert len(image_text(bytes(4 * 255))) <= TEXT_LIMIT


async def test_what_a_file_says_more_than_once_counts_once(config: Path) -> None:
    put_file(
        config,
        *(vector("Number", "KEEP_ALIVE", TIMEOUT=str(1 + number % 60)) for number in range(900)),
        vector("Number", "POLLING_PERIOD", PERIOD_MS="70"),
        vector("Switch", "ON_DISCONNECT", **{f"M_{number}": "On" for number in range(900)}, OFF="On"),
    )
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        told = [
            "[WARNING] MATRIX_config.xml: only the last counts of each 'KEEP_ALIVE'",
            "[WARNING] MATRIX_config.xml: ON_DISCONNECT has no member 'M_0' and 899 others",
        ]
        await indi.until(lambda: indi.messages == told)
        assert (await process(indi, "LOAD")).state == "Ok"
        await indi.fence()
        assert [answer.name for answer in indi.answers].count("KEEP_ALIVE") == 1
        assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "60"}
        assert indi.known["ON_DISCONNECT"].on == ["OFF"]


async def test_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDICONFIG", "/proc/indi/config.xml")
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        answer = await process(indi, "SAVE")
    assert answer.state == "Alert"
    assert "cannot make the folder /proc/indi: " in answer.message


async def test_a_default_that_cannot_be_kept_is_a_warning(away: Rig, config: Path) -> None:
    config.parent.mkdir()
    default_of(config).symlink_to("/proc/indi")
    assert (await process(away.indi, "SAVE")).state == "Ok"
    assert config.is_file()
    assert f"[WARNING] cannot write {default_of(config)}: No such file or directory" in away.indi.messages


async def test_a_damaged_file_gives_what_is_sound(config: Path) -> None:
    put_file(
        config,
        vector("Number", "KEEP_ALIVE", TIMEOUT="9"),
        vector("Text", "DEVICE_ADDRESS", ADDRESS="a & b"),
        vector("Number", "POLLING_PERIOD", PERIOD_MS="70"),
    )
    before = config.read_bytes()
    told = f"{config} is damaged: line 6: not well-formed (invalid token)"
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await indi.until(lambda: indi.messages)
        assert indi.messages == [f"[ERROR] {told}"]
        for _ in range(2):
            assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "9"}
            assert indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "70"}
            assert indi.known["DEVICE_ADDRESS"].values["ADDRESS"] == "127.0.0.1"
            await indi.write("KEEP_ALIVE", TIMEOUT=3)
            await indi.write("POLLING_PERIOD", PERIOD_MS=3000)
            answer = await process(indi, "LOAD")
            assert (answer.state, answer.message) == ("Alert", f"[ERROR] CONFIG_PROCESS: {told}")
    assert config.read_bytes() == before
    assert not default_of(config).exists()


async def test_what_is_refused_is_a_warning_and_the_rest_is_applied(config: Path) -> None:
    put_file(
        config,
        vector("Number", "KEEP_ALIVE", TIMEOUT="61"),
        vector("Switch", "SIMULATION", ENABLE="On", DISABLE="On"),
        vector("Number", "POLLING_PERIOD", PERIOD_MS="70", PERIOD_HOURS="1"),
        vector("Text", "POLLING_PERIOD", PERIOD_MS="80"),
    )
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await indi.until(lambda: len(indi.messages) == 4)
        assert indi.messages == [
            "[WARNING] MATRIX_config.xml: KEEP_ALIVE.TIMEOUT='61' is out of range; it takes 1 to 60",
            "[WARNING] MATRIX_config.xml: SIMULATION takes one member On at a time, not 'ENABLE, DISABLE'",
            "[WARNING] MATRIX_config.xml: POLLING_PERIOD has no member 'PERIOD_HOURS'",
            "[WARNING] MATRIX_config.xml: POLLING_PERIOD takes a newNumberVector, not a 'newTextVector'",
        ]
        assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "5"}
        assert indi.known["KEEP_ALIVE"].state == "Idle"
        assert indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "70"}
        assert (await process(indi, "LOAD")).state == "Ok"


async def test_a_write_of_no_member_does_nothing(away: Rig, config: Path) -> None:
    assert (await away.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="Off")).state == "Idle"
    assert not config.exists()


@pytest.mark.parametrize("name", ["North Pier", "A/B", "../x"])
async def test_each_name_has_its_file(home: Path, name: str) -> None:
    async with piped(make_driver(name)) as indi:
        indi.device = name
        await indi.get_properties()
        assert (await process(indi, "SAVE")).state == "Ok"
    file = f"{name.replace('/', '_')}_config.xml"
    assert {path.name for path in (home / ".indi").iterdir()} == {file, f"{file}.default"}
    assert f"device='{name}'" in (home / ".indi" / file).read_text()


async def test_indiconfig_names_the_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder of mine" / "my config"
    monkeypatch.setenv("INDICONFIG", str(path))
    async with piped(make_driver()) as indi:
        await (await indi.get_properties()).write("KEEP_ALIVE", TIMEOUT=9)
        await process(indi, "SAVE")
    assert sorted(one.name for one in path.parent.iterdir()) == ["my config", "my config.default"]
    assert list(home.iterdir()) == []
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "9"}


@pytest.mark.parametrize("early", [False, True])
async def test_presets_are_back_when_the_wheel_is_known(away: Rig, early: bool) -> None:
    """libindi's light boxes load them then, too."""
    indi = away.indi
    names = '<defText name="A">Red</defText><defText name="B">Green</defText>'
    head = 'device="Filter Simulator" name="FILTER_NAME" state="Ok" label="Filter" group="F" perm="rw"'
    wheel = f"<defTextVector {head}>{names}</defTextVector>"
    indi.send(wheel)
    await indi.connect()
    await indi.write("FLAT_LIGHT_FILTER_INTENSITY", Green=120)
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    async with piped(make_driver(address=away.service.address)) as again:
        await again.get_properties()
        if early:
            again.send(wheel)
        await again.connect()
        again.send(wheel)
        await again.until(lambda: again.known.get("FLAT_LIGHT_FILTER_INTENSITY"))
        await again.until(lambda: again.known["FLAT_LIGHT_FILTER_INTENSITY"].values["Green"] == "120")


async def test_an_output_of_the_file_whose_level_is_not_known_yet_is_off(fast: Rig, config: Path) -> None:
    """Its pad was high in an earlier connection; things may have changed since, and On could move something."""
    indi, board = fast.indi, fast.board
    board.set_input(5, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_6"].on == ["ON"])
    await indi.write("CONNECTION", DISCONNECT="On")
    put_file(config, vector("Switch", "GPIO_DIRECTION", PIN_5="On"))
    async with Client(fast.service) as other:
        await other.ping("Gpio")
        updates = await other.updates("Gpio")
        await other.configure("Gpio", delay_between_updates=600)
        while await updates.poll(300):  # until the delay has begun: nothing is published in it
            await updates.recv()
    await indi.connect()
    assert (await process(indi, "LOAD")).state == "Ok"
    await board.wait_until(lambda board: board.output_pins == {5})
    assert not board.latch(5)


async def test_what_cannot_be_read_is_not_saved_over(away: Rig, home: Path) -> None:
    """The file may hold properties that exist only while the board is connected."""
    config = home / ".indi" / "MATRIX_config.xml"
    config.parent.mkdir(exist_ok=True)
    config.write_bytes(b"<INDIDriver>" + b" " * (1 << 20) + b"</INDIDriver>")
    answer = await away.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    assert answer.state == "Alert"
    assert "longer than 1048576 bytes" in answer.message
    assert len(config.read_bytes()) > 1 << 20
