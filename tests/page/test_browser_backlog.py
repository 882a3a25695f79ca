"""What waits for a browser that does not read yet: the newest state, and no more."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from statistics import median
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pytest

from indi_matrix.page.browser_side import browser
from indi_matrix.page.browser_side.browser import Browser
from indi_matrix.page.live_page import LivePage
from tests.programs import PATIENCE

Message = dict[str, Any]


class Reader:
    """A browser that reads one frame each time it is asked."""

    def __init__(self) -> None:
        self.page = LivePage()
        self.browser = self.page.browser(self._send)
        self._frames: asyncio.Queue[list[Message]] = asyncio.Queue()
        self._reads = asyncio.Semaphore(0)

    async def _send(self, text: str) -> None:
        self._frames.put_nowait(json.loads(text))
        await self._reads.acquire()

    async def frame(self) -> list[tuple[str, str, Any]]:
        """Return what the next frame holds, in short."""
        self._reads.release()
        async with asyncio.timeout(PATIENCE):
            messages = await self._frames.get()
        return [(one["t"], one.get("name", ""), one.get("values", one.get("text", ""))) for one in messages]

    def hear(self, tag: str, name: str, value: str = "", device: str = "MATRIX", **more: str) -> None:
        element = Element(tag, {"device": device, **({"name": name} if name else {}), **more})
        if tag.endswith("Vector"):
            SubElement(element, "oneText", name="DRIVER_EXEC").text = value
        self.page.hear(element)


@asynccontextmanager
async def reading() -> AsyncIterator[Reader]:
    reader = Reader()
    reader.hear("defTextVector", "DRIVER_INFO", "indi_matrix")
    running = asyncio.create_task(reader.browser.run())
    try:
        assert [kind for kind, _, _ in await reader.frame()] == ["hello", "server", "def"]
        yield reader
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_of_many_updates_the_newest_waits() -> None:
    async with reading() as reader:
        for number in range(500):
            reader.hear("setTextVector", "DRIVER_INFO", str(number), state="Ok", message=f"[INFO] {number}")
        first, *texts = await reader.frame()
        assert first == ("set", "DRIVER_INFO", {"DRIVER_EXEC": "499"})
        assert [text for _, _, text in texts] == [str(number) for number in range(400, 500)]


async def test_definitions_and_deletions_keep_their_order() -> None:
    async with reading() as reader:
        reader.hear("defTextVector", "A", "1")
        reader.hear("defTextVector", "B", "1")
        reader.hear("setTextVector", "A", "2")
        reader.hear("delProperty", "B")
        assert [(kind, name) for kind, name, _ in await reader.frame()] == [("def", "A"), ("del", "B")]
        reader.hear("setTextVector", "A", "3")
        reader.hear("delProperty", "A")
        reader.hear("defTextVector", "A", "4")
        assert [(kind, name) for kind, name, _ in await reader.frame()] == [("def", "A")]
        reader.hear("setTextVector", "A", "5")
        reader.hear("delProperty", "")
        reader.hear("defTextVector", "DRIVER_INFO", "indi_matrix")
        assert [(kind, name) for kind, name, _ in await reader.frame()] == [("del", ""), ("def", "DRIVER_INFO")]


async def test_more_changes_than_the_state_is_worth_make_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "_MOST_CHANGES", 10)
    async with reading() as reader:
        for number in range(50):
            reader.hear("defTextVector", f"P{number}")
            reader.hear("delProperty", f"P{number}")
        assert [kind for kind, _, _ in await reader.frame()] == ["hello", "server", "def"]


async def test_a_device_is_shown_once_it_is_known_to_be_a_board() -> None:
    async with reading() as reader:
        reader.hear("defTextVector", "A", "1", device="South")
        reader.hear("defTextVector", "DRIVER_INFO", "indi_simulator_dome", device="Dome")
        reader.hear("defTextVector", "DRIVER_INFO", "indi_matrix", device="South")
        assert [(kind, name) for kind, name, _ in await reader.frame()] == [("def", "A"), ("def", "DRIVER_INFO")]


async def test_a_browser_that_was_faster_than_the_server_learns_where_that_is() -> None:
    async with reading() as reader:
        reader.page.follow("pi:7624", lambda _: None)
        first, *_ = await reader.frame()
        assert first[0] == "hello"


async def test_who_sees_the_page_hears_that_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "_HEARTBEAT", 0.01)
    async with reading() as reader:
        for _ in range(3):
            assert await reader.frame() == []
        reader.browser.show(on=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.frame()  # one may be on its way
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.frame(), 0.1)
        reader.browser.show(on=True)
        first, *_ = await reader.frame()
        assert first[0] == "hello"


async def test_frames_at_the_pace_of_effects_do_not_wait() -> None:
    """Effects move every 40 ms, and a little earlier or later."""
    clock = asyncio.get_running_loop().time
    arrived = asyncio.Event()

    async def send(_: str) -> None:
        arrived.set()

    page = LivePage()
    one = Browser(page, send)
    running = asyncio.create_task(one.run())
    await arrived.wait()
    waits, beat = [], clock()
    for _ in range(20):
        beat += 0.035
        await asyncio.sleep(beat - clock())
        arrived.clear()
        noted = clock()
        one.note_server()
        await arrived.wait()
        waits.append(clock() - noted)
    running.cancel()
    await asyncio.wait({running})
    assert median(waits) < 0.01


async def test_a_change_right_after_another_does_not_wait() -> None:
    clock = asyncio.get_running_loop().time
    arrived = asyncio.Event()

    async def send(_: str) -> None:
        arrived.set()

    page = LivePage()
    one = Browser(page, send)
    running = asyncio.create_task(one.run())
    await arrived.wait()
    waits = []
    for _ in range(9):
        await asyncio.sleep(0.05)
        for _ in range(2):
            arrived.clear()
            noted = clock()
            one.note_server()
            await arrived.wait()
        waits.append(clock() - noted)
    running.cancel()
    await asyncio.wait({running})
    assert median(waits) < 0.01


async def test_frames_come_at_most_50_times_a_second() -> None:
    sent: list[float] = []
    clock = asyncio.get_running_loop().time
    enough = asyncio.Event()

    async def send(_: str) -> None:
        sent.append(clock())
        if len(sent) == 10:
            enough.set()

    page = LivePage()
    one = Browser(page, send)
    running = asyncio.create_task(one.run())
    while not enough.is_set():
        one.note_server()
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.wait({running})
    # One may come at once after another, and none of the others sooner for that.
    assert all(third - first >= 0.019 for first, third in zip(sent, sent[2:], strict=False))
    assert sent[-1] - sent[0] >= 8 * 0.019
