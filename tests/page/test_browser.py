"""The page in a real Chromium, beside an INDI client."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from tests.driver.client import IndiClient
from tests.page.chromium import PHONE, Shown, becomes, chromium, indi_client, middle_of, served_page, tab
from tests.programs import free_port

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
]

LEDS = 35
DARK = " ".join(["00000000"] * LEDS)


@dataclass
class Stage:
    browser: Browser
    link: str
    indi: IndiClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A browser, a simulated board that is connected, and an INDI client."""
    home = str(tmp_path_factory.mktemp("home"))
    async with chromium() as browser, served_page(home) as (port, link), indi_client(port) as indi:
        assert (await indi.connect()).state == "Ok"
        await indi.write("POLLING_PERIOD", PERIOD_MS=50)
        yield Stage(browser, link, indi)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(stage: Stage) -> AsyncIterator[Shown]:
    """A tab that tests share: loading the page takes longer than most of them."""
    async with tab(stage.browser, stage.link) as shown:
        yield shown


async def test_what_an_indi_client_paints_is_on_the_screen(stage: Stage, shown: Shown) -> None:
    words = ["FF000000", "0000FF00", "000000FF", "FF0000FF", "00400000", *["00000000"] * 30]
    await stage.indi.write("EVERLOOP_IMAGE", IMAGE=" ".join(words))
    await shown.shows(5, (0, 128, 0))  # faint light is raised
    colours = await shown.colours(1, 2, 3, 4)
    assert colours == [(255, 0, 0), (0, 0, 255), (255, 255, 255), (255, 128, 128)]
    await stage.indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await expect(shown.page.get_by_role("img", name="Ring of 35 LEDs, 0 of them lit")).to_be_visible()


async def test_led_1_is_at_the_top_and_they_go_clockwise(shown: Shown) -> None:
    middle = await middle_of(shown.page.locator(".ring"))
    top, right, left = [await middle_of(shown.led(number)) for number in (1, 10, 27)]
    assert top[0] == pytest.approx(middle[0], abs=1)
    assert top[1] < right[1]
    assert left[0] < top[0] < right[0]


async def test_a_brush_dragged_over_leds(stage: Stage, shown: Shown) -> None:
    await stage.indi.write("EVERLOOP_IMAGE", IMAGE=DARK)
    await shown.page.get_by_role("button", name="Blue", exact=True).click()
    await shown.led(10).hover()
    await shown.page.mouse.down()
    await shown.led(13).hover()
    await shown.page.mouse.up()
    blue, dark = "0028FF00", "00000000"
    picture = [dark] * 9 + [blue] * 4 + [dark] * 22
    await stage.indi.until(lambda: stage.indi.known["EVERLOOP_IMAGE"].values["IMAGE"].upper().split() == picture)
    await shown.shows(13, (0, 40, 255))


async def test_light_effect_and_brightness(stage: Stage, shown: Shown) -> None:
    known = stage.indi.known
    await stage.indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await shown.page.get_by_role("switch", name="Light").click()
    await stage.indi.until(lambda: known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_ON"])
    await shown.page.get_by_role("button", name="Rainbow", exact=True).click()
    await stage.indi.until(lambda: known["EVERLOOP_EFFECT"].on == ["RAINBOW"])
    await expect(shown.page.get_by_role("img", name="Ring of 35 LEDs, 35 of them lit")).to_be_visible()
    await shown.page.get_by_role("slider", name="Brightness").press("Home")
    await stage.indi.until(lambda: float(known["FLAT_LIGHT_INTENSITY"].values["FLAT_LIGHT_INTENSITY_VALUE"]) == 0)
    await stage.indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=255)
    await expect(shown.page.get_by_role("slider", name="Brightness")).to_have_value("255")
    await stage.indi.write("EVERLOOP_EFFECT", NONE="On")


async def test_an_output_and_an_input_are_clicked(stage: Stage, shown: Shown) -> None:
    known = stage.indi.known
    await shown.pin(4).locator(".direction").click()
    await shown.pin(4).locator(".output").click()
    await stage.indi.until(lambda: "DIGITAL_OUTPUT_5" in known and known["DIGITAL_OUTPUT_5"].on == ["ON"])
    await expect(shown.pin(4).locator(".output")).to_have_text("On")
    pad = shown.page.locator(".outer-pad")
    await expect(pad.nth(4)).to_have_attribute("aria-pressed", "true")
    await expect(pad.nth(4)).to_be_disabled()
    await pad.nth(6).click()
    await stage.indi.until(lambda: known["DIGITAL_INPUT_7"].on == ["ON"])
    await expect(shown.pin(6).locator(".level")).to_have_text("On")
    await expect(shown.page.get_by_label("What MALOS hears")).to_contain_text("Gpio")


async def test_a_refused_write_shows_its_reason_at_its_place(stage: Stage, shown: Shown) -> None:
    await shown.page.get_by_text("All properties").click()
    await shown.page.locator("summary", has_text="Options").click()
    polling = shown.page.locator("[data-name=POLLING_PERIOD]")
    await polling.get_by_label("Period (ms)").fill("5")
    await polling.get_by_role("button", name="Set").click()
    await expect(polling.locator(".note")).to_contain_text(re.compile("PERIOD_MS.*10"))
    await polling.get_by_label("Period (ms)").fill("60")
    await polling.get_by_role("button", name="Set").click()
    await stage.indi.until(lambda: float(stage.indi.known["POLLING_PERIOD"].values["PERIOD_MS"]) == 60)
    await expect(polling.locator(".note")).to_be_hidden()


async def test_a_pin_tells_what_switches_it(stage: Stage, shown: Shown) -> None:
    await stage.indi.write("GPIO_DIRECTION", PIN_9="On", PIN_10="On")
    await stage.indi.until(lambda: "DUTY_9" in stage.indi.known and "DUTY_10" in stage.indi.known)
    await stage.indi.write("DUTY_9", DUTY=40, PERIOD=60)
    await expect(shown.pin(9).locator(".state")).to_have_text("duty 40 %")
    await stage.indi.write("DEW_HEATER", PIN=10, FALLBACK=30)
    await expect(shown.pin(10).locator(".state")).to_have_text("heater 30 %")
    await shown.pin(10).locator(".output").click()  # takes the pin over
    await expect(shown.pin(10).locator(".state")).to_have_text("")
    await stage.indi.write("DUTY_9", DUTY=0, PERIOD=60)
    await expect(shown.pin(9).locator(".state")).to_have_text("")


async def test_the_weather_is_shown_with_the_range_that_it_is_judged_by(stage: Stage, shown: Shown) -> None:
    row = shown.page.locator(".weather .values > div").first
    await stage.indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="On")
    await stage.indi.write("WEATHER_TEMPERATURE", MIN_OK=-30, MAX_OK=-20)
    await expect(row.locator(".range")).to_have_text("alert, -30 to -20")
    await stage.indi.write("WEATHER_TEMPERATURE", MIN_OK=-15, MAX_OK=35)
    await expect(row.locator(".range")).to_have_text("ok, -15 to 35")
    await stage.indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="Off")
    await expect(row.locator(".range")).to_have_text("-15 to 35")


async def test_a_label_that_looks_like_a_program_is_text(stage: Stage, shown: Shown) -> None:
    label = "<script>document.title = 1</script><img src=x>"
    text = label.replace("<", "&lt;").replace(">", "&gt;")
    await stage.indi.write("GPIO_DIRECTION", PIN_8="On")
    await stage.indi.until(lambda: "DIGITAL_OUTPUT_9" in stage.indi.known["DIGITAL_OUTPUT_LABELS"].members)
    await stage.indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_9=text)
    await expect(shown.pin(8).locator(".label")).to_have_text(label)
    assert await shown.page.locator("main img, main script").count() == 0
    await stage.indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_9="GPIO 8")


async def test_the_service_stops_and_comes_back(stage: Stage, shown: Shown) -> None:
    head = shown.page.locator(".board-head")
    await stage.indi.write("GPIO_DIRECTION", PIN_4="On")
    await shown.page.get_by_role("button", name="Stop MALOS").click()
    await expect(head).to_contain_text("Link lost, trying again")
    await shown.pin(4).locator(".output").click()
    await expect(shown.pin(4).locator(".note")).to_contain_text("DIGITAL_OUTPUT_5")
    await expect(shown.pin(4).locator(".state")).to_have_text("Alert")
    await shown.page.get_by_role("button", name="Start MALOS").click()
    await expect(head).to_contain_text("Connected")
    await expect(shown.pin(4).locator(".state")).to_have_text("")


async def test_the_program_ends_and_comes_back(stage: Stage, tmp_path: Path) -> None:
    ports = {"port": free_port(), "page_port": free_port()}
    async with AsyncExitStack() as stack:
        async with served_page(str(tmp_path), **ports) as (_, link):
            shown = await stack.enter_async_context(tab(stage.browser, link))
            await expect(shown.page.locator("#banner")).to_be_hidden()
        await expect(shown.page.locator("#banner")).to_contain_text("lost")
        async with served_page(str(tmp_path), **ports) as (port, _), indi_client(port) as indi:
            await expect(shown.page.locator("#banner")).to_be_hidden()
            await indi.connect()
            await expect(shown.page.locator(".board-head")).to_contain_text("Connected")
        shown.problems[:] = [line for line in shown.problems if "WebSocket connection" not in line]


async def test_one_button_connects_and_one_disconnects_and_the_focus_goes_along(
    stage: Stage, shown: Shown
) -> None:
    buttons = shown.page.get_by_role("button", name=re.compile("^(Connect|Disconnect)$"))
    focused = shown.page.locator("button:focus")
    await expect(buttons).to_have_text(["Disconnect"])
    await buttons.press("Enter")
    await expect(buttons).to_have_text(["Connect"])
    await expect(focused).to_have_text("Connect")
    await shown.page.keyboard.press("Enter")
    await expect(buttons).to_have_text(["Disconnect"])
    await expect(focused).to_have_text("Disconnect")
    await stage.indi.until(lambda: "EVERLOOP_LED_35" in stage.indi.known)
    await stage.indi.write("POLLING_PERIOD", PERIOD_MS=50)


# LEDs stand closer than fingers are wide: one drags over them.
SMALL = """() => [...document.querySelectorAll("button, input, summary, label.swatch")]
    .filter((one) => one.checkVisibility() && !one.closest(".leds") && !one.closest("label"))
    .map((one) => [one.getBoundingClientRect(), one.outerHTML])
    .filter(([{ width, height }]) => width < 44 || height < 44).map(([, text]) => text)"""
CUT = """() => [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.checkVisibility() && !one.matches("input, .hidden") && !one.childElementCount)
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== "visible")
    .map((one) => one.outerHTML)"""


async def test_what_fingers_press_is_large_enough(stage: Stage) -> None:
    async with tab(stage.browser, stage.link, viewport=PHONE, has_touch=True, is_mobile=True) as shown:
        await shown.page.get_by_text("All properties").tap()
        for group in ("Options", "GPIO"):
            await shown.page.locator("details details summary", has_text=group).tap()
        await expect(shown.page.locator("[data-name=POLLING_PERIOD] input")).to_be_visible()
        assert await shown.page.evaluate(SMALL) == []
        assert await shown.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


OUTSIDE = """() => [...document.querySelectorAll(".panel *")]
    .filter((one) => one.checkVisibility() && !one.matches(".horizon *"))
    .filter((one) => one.getBoundingClientRect().right > one.closest(".panel").getBoundingClientRect().right)
    .map((one) => one.outerHTML)"""


@pytest.mark.parametrize("width", [360, 820, 1280, 1920])
async def test_no_text_is_cut_and_nothing_leaves_its_panel(stage: Stage, width: int) -> None:
    await stage.indi.write("GPIO_DIRECTION", PIN_4="On", PIN_9="On")
    await stage.indi.until(lambda: "DIGITAL_OUTPUT_5" in stage.indi.known["DIGITAL_OUTPUT_LABELS"].members)
    await stage.indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_5="Dew heater of the main telescope")
    await stage.indi.write("DUTY_9", DUTY=40, PERIOD=60)
    async with tab(stage.browser, stage.link, viewport={"width": width, "height": 900}) as shown:
        await expect(shown.pin(9).locator(".state")).to_have_text("duty 40 %")
        assert await shown.page.evaluate(CUT) == []
        assert await shown.page.evaluate(OUTSIDE) == []
    await stage.indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_5="GPIO 4")
    await stage.indi.write("DUTY_9", DUTY=0, PERIOD=60)


async def test_on_a_phone(stage: Stage) -> None:
    await stage.indi.write("EVERLOOP_IMAGE", IMAGE=DARK)
    async with tab(stage.browser, stage.link, viewport=PHONE, has_touch=True, is_mobile=True) as shown:
        assert await shown.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await shown.page.get_by_role("button", name="Green", exact=True).tap()
        await shown.led(20).tap()
        await shown.shows(20, (0, 255, 0))
        await shown.pin(2).locator(".direction").tap()
        await shown.pin(2).locator(".output").tap()
        await stage.indi.until(lambda: stage.indi.known["DIGITAL_OUTPUT_3"].on == ["ON"])


async def test_by_keyboard_alone(stage: Stage, shown: Shown) -> None:
    known, press = stage.indi.known, shown.page.keyboard.press
    await shown.page.get_by_text("All properties").focus()
    await stage.indi.write("EVERLOOP_IMAGE", IMAGE=DARK)
    await shown.tab_to("Cyan")
    await press("Space")
    await shown.tab_to("LED 1,")
    for key in ("ArrowRight", "ArrowRight", "Space", "Shift+ArrowLeft"):
        await press(key)
    await shown.shows(2, (0, 220, 255))
    assert known["EVERLOOP_IMAGE"].values["IMAGE"].split()[:4] == ["00000000", "00DCFF00", "00DCFF00", "00000000"]
    await shown.tab_to("GPIO 11, in")
    await press("Enter")
    await stage.indi.until(lambda: "DIGITAL_OUTPUT_12" in known)
    await shown.tab_to("GPIO 11 Off")
    await press("Space")
    await stage.indi.until(lambda: known["DIGITAL_OUTPUT_12"].on == ["ON"])
    await shown.tab_to("Pad 5")
    await press("Space")
    await stage.indi.until(lambda: known["DIGITAL_INPUT_6"].on == ["ON"])


async def test_nothing_keeps_anybody_out(stage: Stage, shown: Shown) -> None:
    await stage.indi.write("EVERLOOP_COLOR", RED=9, GREEN=9, BLUE=255, WHITE=9)
    await shown.page.reload()
    await expect(shown.pin(0)).to_be_visible()
    await shown.page.get_by_text("All properties").click()
    for group in ("Connection", "Options", "GPIO"):
        await shown.page.locator("details details summary", has_text=group).click()
    assert await findings(shown) == []
    await shown.page.get_by_role("button", name="Red light").click()
    assert await findings(shown, runOnly=["color-contrast"]) == []
    await shown.page.get_by_role("button", name="Red light").click()


async def test_nothing_keeps_anybody_out_on_a_phone(stage: Stage) -> None:
    async with tab(stage.browser, stage.link, viewport=PHONE, has_touch=True, is_mobile=True) as shown:
        await expect(shown.pin(0)).to_be_visible()
        assert await findings(shown) == []


async def findings(shown: Shown, **options: object) -> list[object]:
    """Return what axe-core finds."""
    found = (await Axe().run(shown.page, options={"resultTypes": ["violations"], **options})).response[
        "violations"
    ]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


async def test_red_light_is_red_only(stage: Stage) -> None:
    await stage.indi.write("EVERLOOP_COLOR", RED=0, GREEN=255, BLUE=255, WHITE=255)
    async with tab(stage.browser, stage.link) as shown:
        await shown.page.get_by_role("button", name="Red light").click()
        await becomes(shown.brightest, [255, 0, 0])
        await shown.page.reload()  # the choice is remembered, and in force before the first paint
        await expect(shown.page.locator("html")).to_have_attribute("data-theme", "red")
        await expect(shown.pin(0)).to_be_visible()
        await becomes(shown.brightest, [255, 0, 0])


async def test_the_page_is_small_and_comes_from_its_host_alone(stage: Stage) -> None:
    context = await stage.browser.new_context()
    page = await context.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    await page.goto(stage.link)
    await expect(page.locator("article.board")).to_be_visible()
    sizes = await page.evaluate("performance.getEntries().map(one => one.transferSize ?? 0)")
    assert 10_000 < sum(sizes) < 60_000
    assert hosts == {urlsplit(stage.link).netloc}
    await context.close()
