"""What is on the disk of a device's configuration: in time that grows with its size, and no faster."""

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest

from indi_matrix.board.config.config_file import from_bytes, to_bytes, with_vectors
from indi_matrix.board.config.replay import Replay
from indi_matrix.board.config.store import Store
from indi_matrix.errors import ConfigError
from indi_matrix.indi.properties.base import Member
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.properties.kinds import TextProperty


def vector(name: str, *members: str) -> Element:
    made = Element("newTextVector", device="D", name=name)
    for member in members:
        SubElement(made, "oneText", name=member).text = "1"
    return made


def device() -> IndiDevice:
    indi = IndiDevice("D")
    indi.add(TextProperty("KNOWN", "Known", "G", [Member("A", "A", "")], saved=True))
    return indi


def load(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    stored = Store("D", path).load()
    assert stored is not None
    Replay(device(), lambda prop, vector: "" if prop.read(vector) else "no").all_of(stored)


def of_unknown(count: int) -> bytes:
    return to_bytes(vector(f"P_{number}", "A") for number in range(count))


def of_one(count: int) -> bytes:
    return to_bytes(vector("KNOWN", "A") for _ in range(count))


def of_both(count: int) -> bytes:
    return to_bytes(vector(("KNOWN", f"P_{number}")[number % 2], "A") for number in range(count))


def of_members(count: int) -> bytes:
    return to_bytes([vector("KNOWN", *(f"M_{number}" for number in range(2 * count)), "A")])


def of_damages(count: int) -> bytes:
    return of_unknown(count).replace(b"1\n", b"<\n")


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time that some work takes, of a few times.

    Without garbage collection, which looks at whatever other tests have left in this process.
    """
    taken = []
    gc.disable()
    try:
        for _ in range(5):
            start = time.process_time()
            work()
            taken.append(time.process_time() - start)
    finally:
        gc.enable()
    return min(taken)


@pytest.mark.parametrize("made", [of_unknown, of_one, of_both, of_members, of_damages])
def test_four_times_the_file_takes_four_times_the_time(tmp_path: Path, made: Callable[[int], bytes]) -> None:
    """Whatever is done for each vector, or for each member, looks at no other."""
    path = tmp_path / "config.xml"

    def taken(count: int) -> float:
        data = made(count)

        def work() -> None:
            with suppress(ConfigError):  # it may be damaged
                load(path, data)

        return seconds(work)

    assert taken(6000) < 9 * taken(1500)


@pytest.mark.parametrize("made", [of_unknown, of_one])
def test_to_save_some_takes_no_longer_for_each_of_them(made: Callable[[int], bytes]) -> None:
    data = made(2000)
    vectors = [vector(f"P_{number}", "B") for number in range(20)]
    once, often = seconds(lambda: with_vectors(data, vectors[:1])), seconds(lambda: with_vectors(data, vectors))
    assert often < 3 * once
    written, damages = from_bytes(with_vectors(data, [*vectors, vector("KNOWN", "B")]))
    assert damages == []
    assert [one.get("name") for one in written].count("KNOWN") == 1


def test_a_file_that_cannot_be_read_is_not_as_if_there_was_none(tmp_path: Path) -> None:
    store = Store("D", tmp_path / "config.xml")
    assert store.load() is None
    store.path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        store.load()


def test_the_last_of_a_name_counts(tmp_path: Path) -> None:
    store = Store("D", tmp_path / "config.xml")
    store.path.write_bytes(to_bytes([vector("P", "A"), vector("Q", "A"), vector("P", "B")]))
    stored = store.load()
    assert stored is not None
    assert [(one.get("name"), [member.get("name") for member in one]) for one in stored.vectors] == [
        ("Q", ["A"]),
        ("P", ["B"]),
    ]
    assert stored.warnings == ("config.xml: only the last counts of each 'P'",)


def test_members_that_went_are_kept_but_not_for_ever(tmp_path: Path) -> None:
    store = Store("D", tmp_path / "config.xml")
    for number in range(4):
        now = [vector("P", *(f"{number}-{one}" for one in range(90)))]
        store.save_some(now, now, ["P"])
    stored = store.load()
    assert stored is not None
    names = [one.get("name") for one in stored.vectors[0]]
    assert len(names) == 190
    assert names[90:100] == [f"2-{one}" for one in range(10)]
