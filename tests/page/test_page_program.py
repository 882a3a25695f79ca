"""The page as a program: in front of the real indiserver, of a server that goes away, and of none at all."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from tests.page.conftest import Program
from tests.page.fake_server import BOARD, FakeServer, definition
from tests.page.page_client import PageClient, browsing
from tests.programs import PATIENCE, PROGRAM, finished, free_port, indiserver, line_of, need, running, setprop
from tests.stopwatch import stopped

HOSTILE = '<img src="x" onerror="alert(1)">&amp;</script><script>alert(2)</script>'
ESCAPED = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@asynccontextmanager
async def page_program(*arguments: str) -> AsyncIterator[int]:
    """Run `indi_matrix page` on a free port, which is told."""
    async with running(PROGRAM, "page", *arguments, "--port", "0") as process:
        yield port_of(await line_of(process.stderr, "the page is http://127.0.0.1:"))
        process.terminate()
        assert await stopped(process, PATIENCE) == 0


async def test_boards_of_the_real_indiserver_are_shown_and_other_devices_are_not() -> None:
    async with (
        indiserver(PROGRAM, need("indi_simulator_dome")) as (_, indi),
        page_program(f"127.0.0.1:{indi}") as port,
        browsing(port) as browser,
    ):
        await browser.until(lambda: browser.state("CONNECTION"))
        assert browser.hellos == 1
        await setprop(indi, "MATRIX.SIMULATION.ENABLE=On")
        await browser.until(lambda: browser.value("SIMULATION", "ENABLE"))
        await browser.connected()
        assert not browser.worlds
        await browser.write("EVERLOOP_LED_2", RED=255, GREEN=1, BLUE=2, WHITE=3)
        await browser.until(lambda: browser.rings["MATRIX"] == "00000000FF010203" + "00000000" * 33)
        await browser.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF=True)
        await browser.until(lambda: browser.rings["MATRIX"] == "00000000" * 35)
        # The status ring: of the dome there is one arc, the last third.
        await setprop(indi, "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On", "Dome Simulator.CONNECTION.CONNECT=On")
        await browser.until(lambda: browser.rings["MATRIX"].strip("0"))
        assert not browser.rings["MATRIX"][: 8 * 23].strip("0")
        assert {device for device, _ in browser.properties} == {"MATRIX"}


async def test_a_server_that_goes_is_told_and_one_that_comes_back_is_shown() -> None:
    port = free_port()
    async with page_program(f"localhost:{port}") as page, browsing(page) as browser:
        await browser.until(lambda: "refused" in browser.server["text"])
        assert browser.server["text"] == f"no INDI server at localhost:{port}: connection refused; trying again"
        answer = await browser.write("DRIVER_INFO", DRIVER_EXEC="x")
        assert answer == {"t": "answer", "id": 1, "ok": False, "text": browser.server["text"]}
        for _ in range(2):
            server = FakeServer(port)
            async with server.listening():
                await browser.until(lambda: browser.server["up"])
                await server.until("<getProperties")
                server.say(BOARD)
                await browser.until(lambda: browser.state("DRIVER_INFO") == "Ok")
                server.say('<message message="[WARNING] This server takes 5 clients at a time"/>')
                await browser.until(lambda: browser.said("message", device="", level="WARNING"))
            await browser.until(lambda: not browser.server["up"])
            assert "This server takes 5 clients" in str(browser.said("server", up=False))
            assert not browser.properties


async def test_texts_of_devices_pass_through_as_data() -> None:
    server = FakeServer()
    async with server.listening(), page_program(f"127.0.0.1:{server.port}") as page, browsing(page) as browser:
        await server.until("<getProperties")
        server.say(definition("A", ESCAPED, ESCAPED) + BOARD)
        server.say(f'<message device="MATRIX" message="[ERROR] {ESCAPED}" timestamp="2026-01-01T00:00:00"/>')
        await browser.until(lambda: browser.said("message"))
        assert browser.properties["MATRIX", "A"]["label"] == HOSTILE[:63]
        assert browser.value("A", "DRIVER_EXEC") == HOSTILE
        assert browser.said("message") == [
            {"t": "message", "device": "MATRIX", "level": "ERROR", "text": HOSTILE, "time": "2026-01-01T00:00:00"}
        ]
        await browser.write("A", DRIVER_EXEC=HOSTILE + "\x00")
        await server.until("</newTextVector>")
        (one,) = ET.fromstring(server.heard[server.heard.index("<newTextVector") :])
        assert one.text == HOSTILE + " "


async def test_what_a_server_sends_that_is_no_indi_is_passed_over() -> None:
    server = FakeServer()
    async with server.listening(), page_program(f"127.0.0.1:{server.port}") as page, browsing(page) as browser:
        await server.until("<getProperties")
        server.say("HTTP/1.1 200 OK <html><body>" + "<x>" * 20_000 + "\n" + BOARD)
        server.say('<pingRequest uid="7"/>')
        await browser.until(lambda: browser.state("DRIVER_INFO"))
        await server.until('<pingReply uid="7"/>')


async def test_read_only_nothing_is_written(served: Program) -> None:
    async with page_program(f"127.0.0.1:{served.indi}", "--read-only") as page, browsing(page) as browser:
        await browser.until(lambda: browser.state("CONNECTION"))
        await nothing_can_be_written(browser)


@pytest.mark.parametrize("command", [["serve", "--simulate"], ["simulate"]])
async def test_a_page_beside_simulated_boards_is_read_only_too(command: list[str]) -> None:
    options = ["--port", "0", "--page", "0", "--day", "0", "--read-only"]
    async with running(PROGRAM, *command, *options) as process:
        async with browsing(port_of(await line_of(process.stderr, "the page is"))) as browser:
            await browser.until(lambda: browser.worlds)
            await nothing_can_be_written(browser)
            acts: list[dict[str, object]] = [
                {"do": "power"}, {"do": "input", "pin": 3, "level": True}, {"do": "weather", "celsius": -3},
                {"do": "sensor", "driver": "UV", "dead": True}, {"do": "service", "state": "stop"},
            ]  # fmt: skip
            before = browser.worlds["MATRIX"]
            for act in acts:
                answer = await browser.ask("world", board="MATRIX", **act)
                assert (answer["ok"], answer["text"]) == (False, "this page is read-only")
            assert browser.worlds["MATRIX"] == before
        process.terminate()
        assert await stopped(process, 2) == 0


async def nothing_can_be_written(browser: PageClient) -> None:
    assert browser.frames[0][0]["readOnly"]
    for request in ("write", "world", "nonsense"):
        answer = await browser.ask(request, device="MATRIX", name="CONNECTION", values={"CONNECT": True})
        assert (answer["ok"], answer["text"]) == (False, "this page is read-only")


def port_of(line: str) -> int:
    """Return the port of the link at the end of a line."""
    return int(line.rstrip("/\n").rsplit(":", 1)[1])


def has_ring(browser: PageClient, leds: str) -> bool:
    return browser.rings["MATRIX"] == leds


async def test_the_ring_that_is_computed_is_the_true_one(served: Program) -> None:
    image = " ".join(f"{led:02X}{255 - led:02X}00{led * 3:02X}" for led in range(35))
    writes: list[tuple[str, dict[str, object]]] = [
        ("EVERLOOP_IMAGE", {"IMAGE": image}),
        ("FLAT_LIGHT_INTENSITY", {"FLAT_LIGHT_INTENSITY_VALUE": 77}),
        ("EVERLOOP_NIGHT_MODE", {"INDI_ENABLED": True}),
        ("EVERLOOP_LED_7", {"RED": 250}),
        ("FLAT_LIGHT_CONTROL", {"FLAT_LIGHT_OFF": True}),
        ("FLAT_LIGHT_CONTROL", {"FLAT_LIGHT_ON": True}),
        ("EVERLOOP_NIGHT_MODE", {"INDI_DISABLED": True}),
        ("EVERLOOP_COLOR", {"RED": 9, "GREEN": 8, "BLUE": 7, "WHITE": 6}),
        ("FLAT_LIGHT_CONTROL", {"FLAT_LIGHT_OFF": True}),
        ("EVERLOOP_LED_1", {"RED": 1}),
        ("FLAT_LIGHT_INTENSITY", {"FLAT_LIGHT_INTENSITY_VALUE": 255}),
        ("EVERLOOP_COLOR", {"RED": 0, "GREEN": 0, "BLUE": 0, "WHITE": 0}),
    ]
    async with (
        page_program(f"127.0.0.1:{served.indi}") as page,
        browsing(served.page) as true,
        browsing(page) as computed,
    ):
        await true.connected()
        await computed.connected()
        for name, values in writes:
            before = true.rings["MATRIX"]
            await true.socket.send(json.dumps({"t": "write", "device": "MATRIX", "name": name, "values": values}))
            await true.until(lambda: not has_ring(true, before))  # noqa: B023 - called in this round only
            await computed.until(partial(has_ring, computed, true.rings["MATRIX"]))
        await true.write("EVERLOOP_EFFECT", PULSE=True)
        start = len(computed.said("ring"))
        await computed.until(lambda: len(computed.said("ring")) > start + 3)
        await true.write("EVERLOOP_EFFECT", NONE=True)
        await computed.until(lambda: computed.rings["MATRIX"] == true.rings["MATRIX"] == "00000000" * 35)


async def test_a_simulated_board_alone_has_a_page() -> None:
    async with running(PROGRAM, "simulate", "voice", "--port", "0", "--page", "0", "--day", "0") as process:
        line = await line_of(process.stderr, "the page is")
        async with browsing(port_of(line)) as browser:
            assert (browser.frames[0][0]["server"], browser.server["up"]) == ("", False)
            world = browser.worlds["MATRIX"]
            assert (world["kind"], world["service"], len(world["leds"])) == ("voice", "runs", 8 * 18)
            for state in ("stop", "start", "stop", "start"):
                assert (await browser.ask("world", board="MATRIX", do="service", state=state))["ok"]
                assert browser.worlds["MATRIX"]["service"] == ("runs" if state == "start" else "stopped")
        process.terminate()
        assert await stopped(process, PATIENCE) == 0


async def test_without_websockets_it_says_what_to_install() -> None:
    code = "import sys, runpy; sys.modules['websockets'] = None; runpy.run_module('indi_matrix', {}, '__main__')"
    for command in (["page"], ["serve", "--port", "0", "--page"], ["simulate", "--port", "0", "--page"]):
        status, output, errors = await finished(sys.executable, "-c", code, *command)
        assert (status, output) == (1, "")
        assert errors.endswith("indi_matrix: error: the page needs one more package: pip install websockets\n")


async def test_a_busy_port_is_one_line(served: Program) -> None:
    for command, option in (("page", "--port"), ("serve", "--page"), ("simulate", "--page")):
        more = [] if command == "page" else ["--port", "0"]
        status, output, errors = await finished(PROGRAM, command, *more, option, str(served.page))
        assert (status, output) == (1, "")
        assert f"port {served.page} of 127.0.0.1 is in use by" in errors
        assert errors.endswith(f"choose another with {option}\n")


async def test_an_address_that_is_none_is_one_line() -> None:
    status, _, errors = await finished(PROGRAM, "page", "a..b")
    assert (status, errors.count("\n")) == (2, 1)
    assert "'a..b' is neither a host name nor an address" in errors
