"""The page in front of a simulated board that is served: what a browser is sent, and what it can do."""

import asyncio
import json
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from indi_matrix.page.live_page import LivePage
from tests.page.conftest import Program
from tests.page.page_client import PageClient, browsing
from tests.programs import PATIENCE


def shows(browser: PageClient, leds: str) -> bool:
    return browser.rings["MATRIX"] == leds


def image(word: str) -> str:
    return " ".join([word] * 35)


async def test_a_browser_is_sent_the_whole_state_and_only_of_boards(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
    async with browsing(served.page) as browser:
        (first,) = browser.frames
    assert first[0] == {
        "t": "hello", "readOnly": False, "world": True, "server": f"127.0.0.1:{served.indi}", "version": "0.1.0",
    }  # fmt: skip
    assert first[1]["t"] == "server"
    assert first[1]["up"]
    assert {one["device"] for one in first if one["t"] == "def"} == {"MATRIX"}
    assert [one["t"] for one in first if one["t"] not in {"def", "log"}] == ["hello", "server", "ring", "world"]
    defined = {one["name"]: one for one in first if one["t"] == "def"}
    assert defined["EVERLOOP_LED_35"]["members"][0] == {
        "name": "RED", "label": "Red", "value": 0, "min": 0, "max": 255, "step": 1, "format": "%.f",
    }  # fmt: skip
    assert defined["GPIO_DIRECTION"]["rule"] == "AnyOfMany"
    assert defined["GPIO_REGISTER"]["perm"] == "ro"


async def test_a_write_reaches_the_board_and_comes_back(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        await browser.write("EVERLOOP_IMAGE", IMAGE=image("00000000"))
        assert (await browser.write("EVERLOOP_LED_2", RED=255))["ok"]
        shown = "00000000FF000000" + "00000000" * 33
        await browser.until(lambda: browser.rings["MATRIX"] == browser.worlds["MATRIX"]["leds"] == shown)
        await browser.until(lambda: str(browser.value("EVERLOOP_IMAGE", "IMAGE")).startswith("00000000 FF000000 "))
        assert browser.value("EVERLOOP_LED_2", "RED") == 255
        assert browser.state("EVERLOOP_LED_2") == "Ok"


async def test_an_answer_is_not_lost_when_all_is_sent_anew() -> None:
    """As when an INDI server is looked for, or the browser's tab is shown again."""
    page, sent = LivePage(read_only=True), asyncio.Queue[str]()
    browser = page.browser(sent.put)
    await page.answer(browser, '{"t": "write", "id": 7}')
    browser.show(on=False)
    browser.show(on=True)
    running = asyncio.create_task(browser.run())
    async with asyncio.timeout(PATIENCE):
        frame = json.loads(await sent.get())
    running.cancel()
    assert [one["t"] for one in frame] == ["hello", "server", "answer"]
    assert frame[-1] == {"t": "answer", "id": 7, "ok": False, "text": "this page is read-only"}


async def test_what_the_driver_refuses_is_told_in_its_words_at_the_property(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        await browser.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=200)
        await browser.until(lambda: browser.value("FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_INTENSITY_VALUE") == 200)
        assert (await browser.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=300))["ok"]
        await browser.until(lambda: browser.said("message", name="FLAT_LIGHT_INTENSITY"))
        (told,) = browser.said("message", name="FLAT_LIGHT_INTENSITY")
        assert told["level"] == "ERROR"
        assert told["text"].endswith("='300' is out of range; it takes 0 to 255")
        answer = browser.said("set", name="FLAT_LIGHT_INTENSITY")[-1]
        assert answer["state"] == "Alert"
        assert answer["values"] == {"FLAT_LIGHT_INTENSITY_VALUE": 200}
        await browser.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=255)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"device": "Dome", "name": "X", "values": {"A": 1}}, "there is no board 'Dome'"),
    ({"device": ["MATRIX"], "name": "X", "values": {}}, "the request names no device"),
    ({"device": "MATRIX", "name": "NONSENSE", "values": {"A": 1}}, "'MATRIX' has no property 'NONSENSE'"),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {"PINK": 1}}, "EVERLOOP_LED_1 has no member 'PINK'"),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {}}, "EVERLOOP_LED_1: the request has no values"),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1"}, "EVERLOOP_LED_1: the request has no values"),
    (
        {"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {"RED": "9"}},
        "LED_1.RED takes a number, not",
    ),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {"RED": True}}, "RED takes a number, not 'True'"),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {"RED": float("nan")}}, "takes a number, not 'nan'"),
    ({"device": "MATRIX", "name": "EVERLOOP_LED_1", "values": {"RED": 10**400}}, "takes a number, not '1000"),
    (
        {"device": "MATRIX", "name": "CONNECTION", "values": {"CONNECT": "On"}},
        "takes a switch, not \"'On'\"",
    ),
    ({"device": "MATRIX", "name": "EVERLOOP_IMAGE", "values": {"IMAGE": 7}}, "IMAGE takes a text, not '7'"),
    ({"device": "MATRIX", "name": "EVERLOOP_IMAGE", "values": {"IMAGE": "0" * 5000}}, "it takes 4096 at most"),
    ({"device": "MATRIX", "name": "GPIO_REGISTER", "values": {"PADS": 1}}, "GPIO_REGISTER cannot be written"),
]


async def test_what_no_property_takes_is_refused_at_once_and_the_socket_stays(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        for request, told in REFUSED:
            answer = await browser.ask("write", **request)
            assert not answer["ok"]
            assert told in answer["text"]
        assert not (await browser.ask("format"))["ok"]
        for nonsense in ("{", "[]", '"x"', "null", "[" * 60_000, b"\xff\xfe"):
            await browser.socket.send(nonsense)
        await browser.until(lambda: len(browser.said("answer", id=None)) == 6)
        assert {one["text"] for one in browser.said("answer", id=None)} == {
            "the request is no JSON", "the request is no JSON object",
        }  # fmt: skip
        assert (await browser.write("EVERLOOP_LED_1", RED=255))["ok"]


async def test_five_browsers_see_the_newest_and_each_property_once_a_frame(served: Program) -> None:
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(browsing(served.page)) for _ in range(5)]
        painter = browsers[0]
        await painter.connected()
        starts = [len(browser.frames) for browser in browsers]
        painted = [image(f"0000{shade:02X}00") for shade in range(60)]
        for picture in painted:
            request = {"t": "write", "device": "MATRIX", "name": "EVERLOOP_IMAGE", "values": {"IMAGE": picture}}
            await painter.socket.send(json.dumps(request))
        for browser in browsers:
            await browser.until(partial(shows, browser, "00003B00" * 35))
        for browser, start in zip(browsers, starts, strict=True):
            frames = browser.frames[start:]
            assert len(frames) < 60
            for frame in frames:
                named = [(one["t"], one.get("name")) for one in frame if one["t"] in {"set", "ring", "world"}]
                assert len(named) == len(set(named))
            sets = [one for frame in frames for one in frame if one["t"] == "set"]
            shown = [one["values"]["IMAGE"] for one in sets if one["name"] == "EVERLOOP_IMAGE"]
            shades = [one for one in shown if one in painted]  # not what a test before this one left
            assert shades
            assert shades == sorted(shades)


async def test_a_hidden_tab_is_sent_nothing_until_it_is_seen_again(served: Program) -> None:
    async with browsing(served.page) as hidden, browsing(served.page) as seen:
        await seen.connected()
        await hidden.show(on=False)
        pong = await hidden.socket.ping()  # the answer comes behind all that was sent before
        await pong
        before = len(hidden.frames)
        await seen.write("EVERLOOP_IMAGE", IMAGE=image("01020304"))
        await seen.until(lambda: seen.rings["MATRIX"] == "01020304" * 35)
        await (await hidden.socket.ping())
        assert len(hidden.frames) == before
        await hidden.show(on=True)
        await hidden.until(lambda: hidden.hellos == 2)
        assert hidden.rings["MATRIX"] == "01020304" * 35
        assert hidden.frames[before][0]["t"] == "hello"


async def test_an_effect_moves_until_a_colour_is_written(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        await browser.write("EVERLOOP_EFFECT", RAINBOW=True)
        start = len(browser.said("ring"))
        await browser.until(lambda: len(browser.said("ring")) > start + 4)
        rings = [one["leds"] for one in browser.said("ring")[start:]]
        assert len(set(rings)) == len(rings)
        await browser.write("EVERLOOP_IMAGE", IMAGE=image("00000000"))
        await browser.until(lambda: browser.value("EVERLOOP_EFFECT", "NONE"))
        await browser.until(lambda: browser.rings["MATRIX"] == "00000000" * 35)


async def test_the_world_can_be_played_with(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        await browser.write("POLLING_PERIOD", PERIOD_MS=50)
        assert (await browser.ask("world", board="MATRIX", do="input", pin=3, level=True))["ok"]
        await browser.until(lambda: browser.value("DIGITAL_INPUT_4", "ON"))
        assert browser.worlds["MATRIX"]["inputs"] == browser.worlds["MATRIX"]["levels"] == 8
        await browser.write("GPIO_DIRECTION", PIN_5=True)
        await browser.until(lambda: browser.worlds["MATRIX"]["directions"] == 1 << 5)
        await browser.ask("world", board="MATRIX", do="weather", celsius=-3.5, hectopascal=990)
        await browser.until(lambda: browser.worlds["MATRIX"]["weather"]["celsius"] == -3.5)
        assert browser.worlds["MATRIX"]["weather"]["hectopascal"] == 990
        await browser.ask("world", board="MATRIX", do="weather", live=True)
        await browser.ask("world", board="MATRIX", do="sensor", driver="UV", dead=True)
        await browser.until(lambda: browser.worlds["MATRIX"]["dead"] == ["UV"])
        await browser.ask("world", board="MATRIX", do="sensor", driver="UV", dead=False)
        await browser.ask("world", board="MATRIX", do="power")
        await browser.until(lambda: browser.worlds["MATRIX"]["directions"] == 0)
        heard = browser.said("log", board="MATRIX", heard=True, driver="Gpio")
        assert any("gpio" in one["text"] for one in heard)
        await browser.until(lambda: browser.said("log", heard=False, driver="Gpio"))
        await browser.ask("world", board="MATRIX", do="input", pin=3, level=False)
        await browser.write("GPIO_DIRECTION", PIN_5=False)


async def test_a_service_that_goes_and_comes_back(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        for act, state in (("hang", "hung"), ("resume", "runs"), ("stop", "stopped")):
            assert (await browser.ask("world", board="MATRIX", do="service", state=act))["ok"]
            assert browser.worlds["MATRIX"]["service"] == state
        await browser.until(lambda: browser.state("CONNECTION") == "Busy")
        await browser.write("EVERLOOP_LED_1", RED=255)
        await browser.until(lambda: browser.said("message", name="EVERLOOP_LED_1"))
        assert (await browser.ask("world", board="MATRIX", do="service", state="start"))["ok"]
        await browser.until(lambda: browser.state("CONNECTION") == "Ok")
        assert browser.worlds["MATRIX"]["service"] == "runs"


UNWORLDLY: list[tuple[dict[str, Any], str]] = [
    ({"board": "Moon", "do": "power"}, "there is no simulated board 'Moon'"),
    ({"do": "power"}, "the request names no board"),
    ({"board": "MATRIX", "do": "burn"}, "nothing is known of"),
    ({"board": "MATRIX", "do": "input", "pin": 16, "level": True}, "pins go from 0 to 15, not '16'"),
    ({"board": "MATRIX", "do": "input", "pin": True, "level": True}, "pins go from 0 to 15, not 'True'"),
    ({"board": "MATRIX", "do": "input", "pin": 1, "level": 1}, "level is true or false, not '1'"),
    ({"board": "MATRIX", "do": "weather"}, "the weather is celsius, humidity, hectopascal, uv"),
    ({"board": "MATRIX", "do": "weather", "humidity": 101}, "humidity goes from 0 to 100, not '101'"),
    ({"board": "MATRIX", "do": "weather", "uv": float("nan")}, "uv goes from 0 to 16, not 'nan'"),
    ({"board": "MATRIX", "do": "weather", "celsius": 10**400}, "celsius goes from -40 to 120"),
    ({"board": "MATRIX", "do": "sensor", "driver": "Gpio", "dead": True}, "'Gpio' is no sensor"),
    ({"board": "MATRIX", "do": "service", "state": "explode"}, "stop, start, hang or resume, not 'explode'"),
]


async def test_what_no_world_does_is_refused(served: Program) -> None:
    async with browsing(served.page) as browser:
        await browser.connected()
        for request, told in UNWORLDLY:
            answer = await browser.ask("world", **request)
            assert not answer["ok"]
            assert told in answer["text"]
        await browser.write("CONNECTION", DISCONNECT=True)
        await browser.until(lambda: browser.worlds["MATRIX"]["service"] == "stopped")
        assert ("MATRIX", "EVERLOOP_INFO") not in browser.properties
        answer = await browser.ask("world", board="MATRIX", do="service", state="start")
        assert answer["text"].startswith("MATRIX has no simulated MALOS: it is not connected")


async def test_a_message_of_a_megabyte_closes_its_socket_and_no_other(served: Program) -> None:
    async with browsing(served.page) as browser, browsing(served.page) as other:
        await browser.socket.send("x" * (1 << 20))
        async with asyncio.timeout(PATIENCE):
            await browser.socket.wait_closed()
        assert browser.socket.close_code == 1009
        await other.connected()
