"""Output that nobody reads, or late."""

import os
import re
import threading
from collections.abc import Iterator

import pytest

from indi_matrix.system.console import ConsoleWriter, LineStream

LINE = b"x" * 99 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def fill(end: int) -> int:
    """Fill a pipe, and return with how many bytes."""
    os.set_blocking(end, False)
    count = 0
    try:
        while True:
            count += os.write(end, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(end, True)
        return count


def read(end: int, until: bytes) -> bytes:
    data = b""
    while not data.endswith(until):
        data += os.read(end, 65536)
    return data


@pytest.mark.parametrize("blocking", [True, False])
def test_nobody_waits_and_what_is_left_out_is_counted_where_it_was(pipe: tuple[int, int], blocking: bool) -> None:
    reading, writing = pipe
    full = fill(writing)
    os.set_blocking(writing, blocking)  # as others may have made it, who have it open too
    writer = ConsoleWriter(writing)
    for _ in range(3000):
        writer.write(LINE)
    writer.drain(0.01)
    data = read(reading, b"in time\n")[full:]
    note = b"indi_matrix: ([0-9]+) lines left out here, which nobody read in time\n"
    count = re.fullmatch(b"(?:x{99}\n)+" + note, data)
    assert count is not None
    assert data.count(LINE) + int(count[1]) == 3000
    assert data.count(LINE) <= 2 * (1 << 16) // len(LINE)
    writer.write(b"back\n")
    assert read(reading, b"back\n") == b"back\n"
    writer.drain(10)
    writer.close()


def test_of_pictures_only_the_newest_is_shown(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    fill(writing)
    writer = ConsoleWriter(writing)
    writer.write(b"first\n")
    for number in range(100):
        writer.show(b"%d " % number)
    assert read(reading, b"99 ").count(b" ") <= 2
    writer.drain(10)
    fill(writing)
    writer.write(b"last but one\n")
    writer.show(b"too late")
    writer.write(b"last\n")
    assert read(reading, b"last\n").endswith(b"last but one\nlast\n")
    writer.close()


def test_it_ends_without_a_reader(pipe: tuple[int, int]) -> None:
    before = threading.active_count()
    reading, writing = os.pipe()
    os.close(reading)
    writer = ConsoleWriter(writing)
    os.close(writing)
    writer.write(LINE)
    writer.drain(10)
    writer.close()
    unused = ConsoleWriter(pipe[1])
    unused.close()
    for thread in threading.enumerate():
        if thread.name == "output" and threading.active_count() > before:
            thread.join(10)
    assert threading.active_count() <= before


@pytest.mark.parametrize("used", [True, False])
def test_what_comes_after_the_end_goes_nowhere(pipe: tuple[int, int], used: bool) -> None:
    """Its descriptor is another file's by then."""
    reading, writing = pipe
    before = set(threading.enumerate())
    writer = ConsoleWriter(writing)
    if used:
        writer.write(b"in time\n")
    writer.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    others = [os.dup(writing) for _ in range(20)]
    writer.write(LINE)
    writer.show(LINE)
    writer.drain(10)
    writer.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    for other in others:
        os.close(other)
    os.write(writing, b"end\n")
    assert read(reading, b"end\n") == b"in time\n" * used + b"end\n"


def test_lines_are_whole_and_short_enough_for_indiserver(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    lines = LineStream(writing)
    taken: list[str] = []
    lines.write(b"be")
    lines.write(b"gun\n" + b"x" * 5000 + b"\n")
    with lines.taken_by(taken.append):
        lines.write(b"taken\nres")
    lines.write(b"t")
    lines.drain()
    assert read(reading, b"rest\n").split(b"\n") == [b"begun", b"x" * 997 + b"...", b"rest", b""]
    assert taken == ["taken"]
