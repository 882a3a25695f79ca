"""What anybody can send in the name of a device that is listened to."""

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from indi_matrix.board.config.config_file import from_bytes
from tests.driver.conftest import Rig


def wheel(filters: Iterable[str]) -> str:
    names = "".join(f'<defText name="F_{number}">{name}</defText>' for number, name in enumerate(filters))
    head = 'device="Filter Simulator" name="FILTER_NAME" state="Ok" perm="rw"'
    return f"<defTextVector {head}>{names}</defTextVector>"


async def has_filters(rig: Rig, names: list[str]) -> None:
    rig.indi.send(wheel(names))
    await rig.indi.until(lambda: members(rig) == names)


def members(rig: Rig) -> list[str]:
    """Return the filters that have presets, if clients know that property."""
    prop = rig.indi.known.get("FLAT_LIGHT_FILTER_INTENSITY")
    return [] if prop is None else list(prop.members)


async def test_a_wheel_has_so_many_filters_at_most(rig: Rig) -> None:
    for _ in range(3):
        rig.indi.send(wheel(f"Filter {number}" for number in range(3000)))
    await rig.indi.until(lambda: members(rig))
    await rig.indi.fence()
    assert len(members(rig)) == 100
    (told,) = rig.indi.messages
    assert told.startswith("[WARNING] FILTER_NAME of 'Filter Simulator' is too large")


async def test_filters_that_went_and_are_back_have_their_presets_but_not_for_ever(rig: Rig) -> None:
    await has_filters(rig, ["Red"])
    await rig.indi.write("FLAT_LIGHT_FILTER_INTENSITY", Red=7)
    for number in range(3):
        await has_filters(rig, [f"Filter {100 * number + one}" for one in range(100)])
        await rig.indi.write("FLAT_LIGHT_FILTER_INTENSITY", **{f"Filter {100 * number}": 9})
        if number == 0:
            await has_filters(rig, ["Red"])
            assert rig.indi.known["FLAT_LIGHT_FILTER_INTENSITY"].values == {"Red": "7"}
    await has_filters(rig, ["Red", "Filter 100"])
    assert rig.indi.known["FLAT_LIGHT_FILTER_INTENSITY"].values == {"Red": "0", "Filter 100": "9"}


async def test_the_file_keeps_so_many_presets_of_filters_that_went(rig: Rig, home: Path) -> None:
    """Else it would grow until nothing more of the board could be saved."""
    for number in range(4):
        names = [f"Filter {100 * number + one}" for one in range(100)]
        await has_filters(rig, names)
        await rig.indi.write("FLAT_LIGHT_FILTER_INTENSITY", **dict.fromkeys(names, 5 + number))
        assert (await rig.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    vectors, _ = from_bytes((home / ".indi" / "MATRIX_config.xml").read_bytes())
    (presets,) = (one for one in vectors if one.get("name") == "FLAT_LIGHT_FILTER_INTENSITY")
    kept = {one.get("name"): one.text for one in presets}
    assert len(kept) == 200
    assert (kept["Filter 200"], kept["Filter 300"]) == ("7", "8")


async def test_presets_are_loaded_again_whatever_the_filters_are_called(rig: Rig) -> None:
    rig.indi.send(wheel(["A B", "A&#9;B", "A&#10;B", "A\x7fB", "\u00e9", "&lt;&apos;&quot;&amp;"]))
    names = ["A B", "A?B", "?", "<'\"&"]
    await rig.indi.until(lambda: members(rig) == names)
    for preset, name in zip("1234", names, strict=True):
        await rig.indi.write("FLAT_LIGHT_FILTER_INTENSITY", **{escape(name, {'"': "&quot;"}): preset})
    assert (await rig.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    assert (await rig.indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
    assert rig.indi.known["FLAT_LIGHT_FILTER_INTENSITY"].values == dict(zip(names, "1234", strict=True))
    assert not [text for text in rig.indi.messages if "WARNING" in text]
