"""A real Chromium, and a served program with its page for it."""

import asyncio
import io
import os
import re
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

from tests.driver.client import IndiClient
from tests.programs import PATIENCE, PROGRAM, line_of, need, running

DESKTOP: ViewportSize = {"width": 1280, "height": 1000}
PHONE: ViewportSize = {"width": 360, "height": 740}

expect.set_options(timeout=1000 * PATIENCE)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium without a window."""
    options = ["--force-color-profile=srgb", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=need("chromium", "chromium"), args=options)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def served_page(
    home: str, *options: str, port: int = 0, page_port: int = 0
) -> AsyncIterator[tuple[int, str]]:
    """Run `indi_matrix serve` with a simulated board and its page: yield the INDI port and the page's link."""
    ports = ("--port", str(port), "--page", str(page_port))
    async with running(PROGRAM, "serve", "--simulate", *ports, *options, environ={"HOME": home}) as process:
        assert process.stderr is not None
        told = ""
        async with asyncio.timeout(PATIENCE):
            while not (found := _places(told)):
                line = await process.stderr.readline()
                assert line, f"the program ended: {told}"
                told += line.decode()
        reading = asyncio.create_task(process.stderr.read(), name="what the program logs")
        try:
            yield found
        finally:
            reading.cancel()
            await asyncio.wait({reading})


def _places(told: str) -> tuple[int, str] | None:
    indi = re.search(r"serving INDI clients on \S+:(\d+)", told)
    link = re.search(r"http://\S+", told)
    return (int(indi[1]), link[0]) if indi and link else None


async def linked(process: Process) -> str:
    """Return the link of a program's page."""
    line = await line_of(process.stderr, "http://")
    return line[line.index("http://") :].strip()


@asynccontextmanager
async def indi_client(port: int) -> AsyncIterator[IndiClient]:
    """Be an INDI client of a server, which knows all properties."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = IndiClient(writer)
    listening = asyncio.create_task(client.listen(reader), name="INDI client")
    try:
        yield await client.get_properties()
    finally:
        writer.close()
        listening.cancel()
        await asyncio.wait({listening})


@dataclass
class Shown:
    """The page in a tab."""

    page: Page
    problems: list[str]

    def pin(self, number: int) -> Locator:
        return self.page.locator(".pin").nth(number)

    def led(self, number: int) -> Locator:
        return self.page.get_by_role("button", name=re.compile(f"^LED {number},"))

    async def colour(self, number: int) -> tuple[int, ...]:
        """Return the colour on the screen where an LED is, counted from 1."""
        return (await self.colours(number))[0]

    async def colours(self, *numbers: int) -> list[tuple[int, ...]]:
        """Return the colours on the screen where some LEDs are.

        A picture of the whole page would do without scrolling, but be as of a device without touch.
        """
        await self.page.locator(".ring").scroll_into_view_if_needed()
        middles = [await middle_of(self.led(number)) for number in numbers]
        picture = Image.open(io.BytesIO(await self.page.screenshot())).convert("RGB")
        found = [picture.getpixel((int(x), int(y))) for x, y in middles]
        return [one for one in found if isinstance(one, tuple)]

    async def brightest(self) -> list[int]:
        """Return the brightest red, green and blue on the screen."""
        picture = Image.open(io.BytesIO(await self.page.screenshot(full_page=True))).convert("RGB")
        return [max(picture.getchannel(name).tobytes()) for name in ("R", "G", "B")]

    async def shows(self, number: int, colour: tuple[int, int, int]) -> None:
        """Wait until an LED has a colour on the screen."""
        await becomes(lambda: self.colour(number), colour)

    async def tab_to(self, name: str) -> None:
        """Press Tab until something with this name has the focus."""
        seen = []
        for _ in range(200):
            await self.page.keyboard.press("Tab")
            focused = await self.page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
            seen.append(focused)
            if focused.startswith(name):
                return
        raise AssertionError(f"no Tab leads to {name!r}, but to {seen}")


async def middle_of(what: Locator) -> tuple[float, float]:
    """Return the place of an element's middle in the window."""
    box = await what.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def becomes(read: Callable[[], Awaitable[Any]], wanted: object) -> None:
    """Wait until what is read is as wanted."""
    value: object = None
    try:
        async with asyncio.timeout(PATIENCE):
            while (value := await read()) != wanted:
                pass
    except TimeoutError:
        raise AssertionError(f"{value!r} does not become {wanted!r}") from None


@asynccontextmanager
async def tab(browser: Browser, link: str, **settings: Any) -> AsyncIterator[Shown]:
    """Open the page in a tab of its own, which may have no problem in the end."""
    context = await browser.new_context(**{"viewport": DESKTOP, **settings})
    page = await context.new_page()
    shown = Shown(page, [])
    page.on("pageerror", lambda error: shown.problems.append(str(error)))
    page.on("console", lambda line: shown.problems.append(line.text) if line.type == "error" else None)
    try:
        await page.goto(link)
        await expect(page.locator("article.board")).to_be_visible()
        yield shown
        assert shown.problems == []
    finally:
        await context.close()
