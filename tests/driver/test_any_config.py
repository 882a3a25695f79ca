"""Whatever clients write to what is saved: what is saved can be loaded, and is the same then."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given
from hypothesis import strategies as st

from indi_matrix import make_driver
from indi_matrix.board.config.config_file import from_bytes, read_bytes
from tests.driver.client import IndiClient, piped
from tests.driver.own_loop import OwnLoop

_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters=["\ufffe", "\uffff"], min_codepoint=32)
_TEXTS = (
    st.text(_LETTERS | st.sampled_from("<>&'\"\t\n"), max_size=80)
    | st.builds(lambda letter, count: letter * count, _LETTERS, st.integers(0, 5000))
    | st.sampled_from(["'" * 400_000, "'" * 4096, "\U0001f319" * 4096, "]]>", "\n      x\n  ", "<!--", "&#13;\r"])
)
_LABELS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=64)
_SWITCHES = st.sampled_from(["On", "Off"])
_PINS = st.integers(0, 15)


def _numbers(low: float, high: float) -> st.SearchStrategy[str]:
    return st.floats(low - 1, high + 1).map(str)


def _one(
    name: str, kind: str, members: st.SearchStrategy[str], values: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    """Return writes of some members of a property."""

    def xml(found: Mapping[str, str]) -> str:
        ones = "".join(
            f"<one{kind} name={quoteattr(one)}>{_reference(text)}</one{kind}>" for one, text in found.items()
        )
        return f'<new{kind}Vector device="MATRIX" name="{name}">{ones}</new{kind}Vector>'

    return st.dictionaries(members, values, min_size=1, max_size=4).map(xml)


def _reference(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _members(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


_NEIGHBOURS = _members("ACTIVE_FILTER", "ACTIVE_WEATHER", "ACTIVE_TELESCOPE", "ACTIVE_DOME")
_FILTERS = ["Red & 'green'", '"<Ha>"', "x" * 63, "&" * 63]
_WRITES = st.one_of(
    _one("ACTIVE_DEVICES", "Text", _NEIGHBOURS.filter(lambda name: name != "ACTIVE_FILTER"), _TEXTS),
    _one("DEVICE_ADDRESS", "Text", _members("ADDRESS", "PORT"), _TEXTS | _members("a.b", "::1", "7")),
    _one("POLLING_PERIOD", "Number", _members("PERIOD_MS"), _numbers(10, 600000)),
    _one("KEEP_ALIVE", "Number", _members("TIMEOUT"), _numbers(1, 60)),
    _one("ON_DISCONNECT", "Switch", _members("KEEP", "OFF"), _SWITCHES),
    _one("DEBUG", "Switch", _members("ENABLE", "DISABLE"), _SWITCHES),
    _one("LOGGING_LEVEL", "Switch", _members("LOG_ERROR", "LOG_WARNING", "LOG_SESSION", "LOG_DEBUG"), _SWITCHES),
    _one("GPIO_DIRECTION", "Switch", _PINS.map("PIN_{}".format), _SWITCHES),
    _one("GPIO_ACTIVE_LOW", "Switch", _PINS.map("PIN_{}".format), _SWITCHES),
    _one("GPIO_DEBOUNCE", "Number", _members("TIME"), _numbers(0, 10000)),
    *(_one(f"DUTY_{pin}", "Number", _members("PERIOD"), _numbers(1, 60)) for pin in (0, 5)),
    _one("DEW_HEATER", "Number", _members("FALLBACK"), _numbers(0, 100)),
    _one("LINK_LOSS", "Number", _members("TIME"), _numbers(0, 3600)),
    *(_one(f"ON_LINK_LOSS_{pin}", "Switch", _members("KEEP", "OFF"), _SWITCHES) for pin in (0, 5)),
    _one("DIGITAL_INPUT_LABELS", "Text", _PINS.map(lambda pin: f"DIGITAL_INPUT_{pin + 1}"), _LABELS),
    _one("DIGITAL_OUTPUT_LABELS", "Text", _PINS.map(lambda pin: f"DIGITAL_OUTPUT_{pin + 1}"), _LABELS),
    _one("FLAT_LIGHT_INTENSITY", "Number", _members("FLAT_LIGHT_INTENSITY_VALUE"), _numbers(0, 255)),
    _one("FLAT_LIGHT_FILTER_INTENSITY", "Number", _members(*_FILTERS), _numbers(0, 255)),
    _one("SERVO_PINS", "Switch", _PINS.map("PIN_{}".format), _SWITCHES),
    _one("SERVO_LIMITS_9", "Number", _members("MINIMUM", "MAXIMUM"), _numbers(0, 180)),
    _one("DUST_CAP", "Number", _members("PIN", "PARKED", "UNPARKED", "TRAVEL"), _numbers(0, 60)),
    _one("EVERLOOP_NIGHT_MODE", "Switch", _members("INDI_ENABLED", "INDI_DISABLED"), _SWITCHES),
)  # fmt: skip


def _as_saved(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that the file has: no duty, and no place of a dust cap while that is not known."""
    if values == {"PARK": "Off", "UNPARK": "Off"}:
        return {}
    return {member: value for member, value in values.items() if member != "DUTY"}


@dataclass
class Saver:
    """A client that saves and loads whatever it has written."""

    indi: IndiClient
    config: Path

    async def save_and_load(self, writes: list[str]) -> None:
        indi = self.indi
        for xml in writes:
            indi.send(xml)
        await indi.fence()
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
        vectors, damages = from_bytes(read_bytes(self.config))
        assert damages == []
        saved = {one.attrib["name"]: {member.attrib["name"]: member.text for member in one} for one in vectors}
        known = {name: _as_saved(indi.known[name].values) for name in saved if name in indi.known}
        # Members that are gone now, as labels of what is no output any more, stay in the file.
        assert known == {
            name: {member: saved[name][member] for member in values} for name, values in known.items()
        }
        before, told = {name: dict(indi.known[name].values) for name in indi.known}, len(indi.messages)
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
        await indi.fence()
        assert [text for text in indi.messages[told:] if not text.startswith(("[INFO] ", "[DEBUG] "))] == []
        assert {name: dict(indi.known[name].values) for name in saved if name in indi.known} == {
            name: before[name] for name in saved if name in indi.known
        }


@asynccontextmanager
async def saver(home: Path) -> AsyncIterator[Saver]:
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).connect()
        names = "".join(
            f'<defText name="F_{number}">{escape(name)}</defText>' for number, name in enumerate(_FILTERS)
        )
        head = 'device="Filter Simulator" name="FILTER_NAME" state="Ok" perm="rw"'
        indi.send(f"<defTextVector {head}>{names}</defTextVector>")
        await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
        yield Saver(indi, home / ".indi" / "MATRIX_config.xml")


def test_what_is_saved_can_be_loaded_and_is_the_same(home: Path) -> None:
    with OwnLoop() as loop:
        client = loop.open(saver(home))

        @given(st.lists(_WRITES, min_size=1, max_size=8))
        def same(writes: list[str]) -> None:
            loop.run(client.save_and_load(writes))

        same()


async def test_the_longest_texts_of_all_can_be_loaded(home: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        longest = dict.fromkeys(indi.known["ACTIVE_DEVICES"].members, "'" * 4096)
        assert (await indi.write("ACTIVE_DEVICES", **longest)).state == "Ok"
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    assert len(read_bytes(home / ".indi" / "MATRIX_config.xml")) > 90_000
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert indi.known["ACTIVE_DEVICES"].values == longest
        assert indi.messages == []
