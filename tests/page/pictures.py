"""Take the pictures of the real page for README: `python -m tests.page.pictures`."""

import argparse
import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from tests.driver.client import IndiClient
from tests.page.chromium import Shown, chromium, indi_client, linked, served_page, tab
from tests.programs import PROGRAM, becomes, indiserver, need, running, setprop

_FOLDER: Final = Path(__file__).parents[2] / ".readme"
_MOST: Final = 150_000  # bytes of a picture
_COLOURS: Final = 256
_NEIGHBOURS: Final = ("Weather", "Telescope", "Dome")
_SCENE: Final = (  # strong wind, a mount that tracks, a dome that is parked
    "Weather Simulator.WEATHER_CONTROL.Wind=19",
    "Weather Simulator.WEATHER_REFRESH.REFRESH=On",
    "Telescope Simulator.TELESCOPE_TRACK_STATE.TRACK_ON=On",
    "Dome Simulator.DOME_PARK.PARK=On",
    "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On",
)
_LIT: Final = 5 + 3 + 2


def main() -> None:
    """Take all pictures."""
    argparse.ArgumentParser(prog="python -m tests.page.pictures", description=__doc__).parse_args()
    asyncio.run(_take_all())


async def _take_all() -> None:
    with tempfile.TemporaryDirectory() as home:
        async with chromium() as browser:
            await _picture_board(browser, home)
            await _picture_status(browser, home)
            await _picture_weather(browser, home)


async def _picture_board(browser: Browser, home: str) -> None:
    async with served_page(home) as (port, link), indi_client(port) as indi:
        await indi.connect()
        await _use_pins(indi)
        async with tab(browser, link, viewport={"width": 1280, "height": 800}) as shown:
            await shown.page.get_by_role("button", name="Draw a rainbow").click()
            await _lit(shown, 35)
            await shown.page.mouse.move(0, 0)
            await shown.page.evaluate("scrollTo(0, 0)")
            await _save(shown.page, "board")


async def _use_pins(indi: IndiClient) -> None:
    """Make some pins outputs, and two of them On."""
    await indi.write("GPIO_DIRECTION", PIN_4="On", PIN_5="On", PIN_6="On", PIN_7="On")
    for output in ("DIGITAL_OUTPUT_5", "DIGITAL_OUTPUT_8"):
        await indi.settle(output, ON="On")


async def _picture_status(browser: Browser, home: str) -> None:
    """Show the status ring, between the simulators of INDI."""
    async with _observatory(home) as link, tab(browser, link) as shown:
        await _lit(shown, _LIT)
        await _save(shown.page.locator(".ring"), "status")


async def _picture_weather(browser: Browser, home: str) -> None:
    """Show a night that gets damp."""
    async with served_page(home) as (port, link), indi_client(port) as indi:
        await indi.connect()
        await indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="On", WEATHER_HUMIDITY="On")
        async with tab(browser, link) as shown:
            await shown.page.get_by_role("slider", name="Humidity").fill("84")
            await expect(shown.page.locator(".sliders")).to_contain_text("84 %")
            await indi.write("WEATHER_UPDATE", PERIOD=1)  # the reading may come a second after the slider
            weather = shown.page.locator(".weather")
            await expect(weather).to_contain_text("warning")
            await _save(weather, "weather")


@asynccontextmanager
async def _observatory(home: str) -> AsyncIterator[str]:
    """Run a weather station, a mount, a dome and a board that shows them; yield the link of the page."""
    drivers = [need(f"indi_simulator_{name.lower()}") for name in _NEIGHBOURS]
    async with indiserver(PROGRAM, *drivers, environ={"HOME": home}) as (_, port):
        await setprop(port, "MATRIX.SIMULATION.ENABLE=On")
        for device in ("MATRIX", *(f"{name} Simulator" for name in _NEIGHBOURS)):
            await setprop(port, f"{device}.CONNECTION.CONNECT=On")
            await becomes(port, f'"{device}.CONNECTION._STATE"==1')
        for act in _SCENE:
            await setprop(port, act)
        await becomes(port, '"Dome Simulator.DOME_PARK._STATE"==1')
        async with running(PROGRAM, "page", f"127.0.0.1:{port}", "--port", "0") as process:
            yield await linked(process)


async def _lit(shown: Shown, least: int) -> None:
    """Wait until so many LEDs are lit on the page."""
    lit = shown.page.locator(".leds button:not([aria-label$=dark])")
    await expect(lit.nth(least - 1)).to_be_visible()


async def _save(what: Page | Locator, name: str) -> None:
    """Write a picture, in few colours so that it is small, with their dots mixed where light fades."""
    picture = Image.open(io.BytesIO(await what.screenshot())).convert("RGB")
    path = _FOLDER / f"page-{name}.png"
    colours = picture.quantize(_COLOURS, Image.Quantize.MEDIANCUT, kmeans=1)
    dithered = picture.quantize(_COLOURS, palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
    dithered.save(path, optimize=True)
    assert path.stat().st_size < _MOST, f"{path} has {path.stat().st_size} bytes"


if __name__ == "__main__":
    main()
