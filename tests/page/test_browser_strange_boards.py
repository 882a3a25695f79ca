"""The page in a real Chromium, before an INDI server whose boards are not ours."""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGCONT, SIGSTOP

from playwright.async_api import expect

from tests.page.chromium import Shown, becomes, chromium, linked, tab
from tests.page.fake_server import BOARD, FakeServer
from tests.programs import PROGRAM, running


@asynccontextmanager
async def shown_board() -> AsyncIterator[tuple[FakeServer, Shown, Process]]:
    """Show the board of a server in a tab."""
    server = FakeServer()
    async with (
        server.listening(),
        running(PROGRAM, "page", f"127.0.0.1:{server.port}", "--port", "0") as process,
        chromium() as browser,
    ):
        link = await linked(process)
        await server.until("<getProperties")
        server.say(BOARD)
        async with tab(browser, link) as shown:
            yield server, shown, process


def vector(kind: str, name: str, more: str = "", **members: str) -> str:
    inner = "".join(f'<def{kind} name="{one}" {more}>{text}</def{kind}>' for one, text in members.items())
    head = f'device="MATRIX" name="{name}" label="{name}" group="G" state="Ok" perm="rw" rule="AnyOfMany"'
    return f"<def{kind}Vector {head}>{inner}</def{kind}Vector>"


async def test_a_board_whose_properties_are_of_other_kinds_is_shown() -> None:
    odd = (
        vector("Number", "SPEED", 'format="%.200f" min="0" max="1"', A="1.5"),
        vector("Text", "WEATHER_PARAMETERS", A="fair"),
        vector("Switch", "WEATHER_STATUS", A="On"),
        vector("Text", "ORIENTATION", ROLL="x", PITCH="y", YAW="z"),
        vector("Number", "FLAT_LIGHT_INTENSITY", B="1"),
        vector("Number", "SERVO_ANGLE_1", 'min="nan" max="1e999"', ANGLE="inf"),
        vector("Text", "GPIO_REGISTER", PADS="many"),
        vector("Switch", "EVERLOOP_INFO", BOARD="On", LEDS="On"),
        vector("Number", "__proto__", __proto__="1", constructor="2"),
    )
    async with shown_board() as (server, shown, _):
        await shown.page.get_by_text("All properties").click()
        await shown.page.locator("details details summary", has_text="G").click()
        for one in odd:
            server.say(one)
            await shown.page.locator("[data-name]").first.wait_for()
        server.say(vector("Text", "LAST", A="shown"))
        await expect(shown.page.locator("[data-name=LAST] input")).to_have_value("shown")
        await expect(shown.page.locator("[data-name=SPEED] input")).to_have_value("1.50000000000000000")


async def stored_devices(shown: Shown) -> int:
    """Return how many devices the page's store has, in sight or not."""
    return await on_heap(shown, "Store", "function() { return this[0].devices.size; }")


async def kept_devices(shown: Shown) -> int:
    """Return how many devices the browser's heap keeps. It may free a forgotten one later."""
    return await on_heap(shown, "Device", "function() { return this.length; }")


async def on_heap(shown: Shown, kind: str, count: str) -> int:
    """Return what a function of JavaScript counts of the page's objects of a class."""
    session = await shown.page.context.new_cdp_session(shown.page)
    text = f"import('/js/store.js').then((store) => store.{kind}.prototype)"
    prototype = (await session.send("Runtime.evaluate", {"expression": text, "awaitPromise": True}))["result"]
    found = await session.send("Runtime.queryObjects", {"prototypeObjectId": prototype["objectId"]})
    call = {"objectId": found["objects"]["objectId"], "functionDeclaration": count}
    number = (await session.send("Runtime.callFunctionOn", call))["result"]["value"]
    await session.detach()
    return int(number)


async def test_a_board_that_is_gone_for_good_is_forgotten() -> None:
    async with shown_board() as (server, shown, _):
        boards = shown.page.locator("article.board")
        for number in range(2):
            server.say(BOARD.replace('device="MATRIX"', f'device="Guest {number}"'))
        await expect(boards).to_have_count(3)
        assert await kept_devices(shown) == 3
        server.say('<delProperty device="Guest 0"/><delProperty device="Guest 1" name="DRIVER_INFO"/>')
        await expect(boards).to_have_count(1)
        assert await stored_devices(shown) == 1
        await becomes(lambda: kept_devices(shown), 1)
        server.say(BOARD.replace('device="MATRIX"', 'device="Guest 0"'))  # comes back
        await expect(boards).to_have_count(2)


async def test_boards_that_a_server_has_no_more_when_it_comes_back_are_forgotten() -> None:
    async with shown_board() as (server, shown, _):
        boards = shown.page.locator("article.board")
        for number in range(2):
            server.say(BOARD.replace('device="MATRIX"', f'device="Guest {number}"'))
        await expect(boards).to_have_count(3)
        server.heard = ""
        for writer in server.writers:
            writer.transport.abort()
        server.writers.clear()
        await expect(shown.page.locator("#banner")).to_contain_text("no INDI server")
        await server.until("<getProperties")
        server.say(BOARD)
        await expect(boards).to_have_count(1)
        assert await stored_devices(shown) == 1
        # Once in eight runs the browser kept the last of the forgotten ones, for 20 s at least.
        assert await kept_devices(shown) <= 2
        await expect(boards).to_contain_text("MATRIX")


async def test_a_program_that_falls_silent_is_lost() -> None:
    async with shown_board() as (_, shown, program):
        banner = shown.page.locator("#banner")
        program.send_signal(SIGSTOP)
        await expect(banner).to_contain_text("The connection to indi_matrix is lost", timeout=15_000)
        program.send_signal(SIGCONT)
        await expect(banner).to_be_hidden(timeout=15_000)
        await expect(shown.page.locator("article.board")).to_be_visible()


async def test_a_board_with_a_thousand_million_leds_keeps_the_page_alive() -> None:
    async with shown_board() as (server, shown, _):
        server.say(vector("Text", "EVERLOOP_INFO", BOARD="Creator", LEDS="1000000000"))
        server.say(vector("Text", "EVERLOOP_IMAGE", IMAGE=""))
        await shown.page.get_by_role("button", name="Draw a rainbow").click()
        await server.until("newTextVector")
        assert '<oneText name="IMAGE"' in server.heard
