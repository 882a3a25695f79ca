"""What is said again and again."""

import asyncio

from indi_matrix.repeats import OTHERS, Repeats

MINUTE = 0.02


class Ear:
    """Hears what is told, and can wait for more."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.repeats = Repeats(self.heard.put_nowait, MINUTE)


async def test_the_first_is_told_and_the_others_are_counted() -> None:
    ear = Ear()
    assert [ear.repeats.is_first("no") for _ in range(241)] == [True] + [False] * 240
    assert await ear.heard.get() == "no (... 240 more in the last minute)"


async def test_what_goes_on_is_counted_minute_by_minute() -> None:
    ear = Ear()
    assert ear.repeats.is_first("no")
    for count in (3, 5):
        for _ in range(count):
            assert not ear.repeats.is_first("no")
        assert await ear.heard.get() == f"no (... {count} more in the last minute)"


async def test_a_quiet_minute_ends_the_counting() -> None:
    ear = Ear()
    ear.repeats.is_first("a quiet one")
    ear.repeats.is_first("an end")
    ear.repeats.is_first("an end")
    await ear.heard.get()
    assert ear.repeats.is_first("a quiet one")
    assert ear.heard.empty()


async def test_different_texts_are_told_each() -> None:
    ear = Ear()
    assert all(ear.repeats.is_first(text) for text in ("a", "b", "c"))


async def test_a_flood_of_different_texts_is_one_number() -> None:
    ear = Ear()
    told = sum(ear.repeats.is_first(str(number)) for number in range(10_000))
    assert told == 50
    assert await ear.heard.get() == f"{OTHERS} (... 9950 more in the last minute)"


async def test_what_was_counted_can_be_told_at_once() -> None:
    ear = Ear()
    for _ in range(3):
        ear.repeats.is_first("no")
    ear.repeats.sum_up()
    assert ear.heard.get_nowait() == "no (... 2 more in the last minute)"
    ear.repeats.sum_up()
    assert ear.heard.empty()
