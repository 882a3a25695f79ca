"""A service that goes wrong without going away, and what clients choose meanwhile."""

import asyncio
import resource

import pytest
import zmq
import zmq.asyncio

from indi_matrix.devices.everloop.show import Show
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.errors import LinkError
from indi_matrix.malos.link import Link
from indi_matrix.malos.messages import GpioParams
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.conftest import Rig
from tests.siege.malos import answer_info_only
from tests.stopwatch import Stopwatch

REFUSAL = "ERROR: LED values go from 0 to 255."


async def lost(rig: Rig) -> None:
    await rig.indi.in_state("CONNECTION", "Busy")


async def test_a_service_that_is_quiet_is_sent_nothing(away: Rig) -> None:
    """A service that hangs would carry out a config whenever it wakes up."""
    rig, indi = away, away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    await rig.hang()
    assert (await indi.write("DIGITAL_OUTPUT_6", ON="On")).state == "Busy"
    await indi.in_state("DIGITAL_OUTPUT_6", "Alert")
    answer = await indi.write("DIGITAL_OUTPUT_6", ON="On")
    assert answer.state == "Alert"
    assert answer.message.startswith(
        "[ERROR] DIGITAL_OUTPUT_6: nothing was sent: no update from the Gpio driver for"
    )
    assert indi.known["CONNECTION"].state == "Ok"
    rig.service.resume()
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert [config.gpio.value for config in rig.sent("Gpio") if config.gpio.pin == 5] == [0, 1, 0]


async def test_all_is_sent_again_behind_what_had_piled_up(away: Rig) -> None:
    rig, indi = away, away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.write("KEEP_ALIVE", TIMEOUT=1)
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.write("EVERLOOP_COLOR", RED=5)
    await rig.all_sent("Everloop", 1)
    rig.service.hang()
    await lost(rig)
    rig.configs.clear()
    rig.service.resume()
    await indi.in_state("CONNECTION", "Ok")
    # At once, and once more a while later.
    assert [config.gpio.pin for config in await rig.all_sent("Gpio", 2)] == [5, 5]
    assert len(await rig.all_sent("Everloop", 2)) == 2


async def test_a_service_that_answers_for_info_only_is_not_connected(away: Rig) -> None:
    indi, service = away.indi, away.service
    info = service._info()
    await service.stop()
    async with answer_info_only(service, info):
        watch = Stopwatch()
        answer = await indi.connect()
        assert watch.seconds < 6
        assert watch.elapsed > 4.5
    assert answer.state == "Alert"
    assert "MALOS answers, but its Everloop driver does not tell how many LEDs there are" in answer.message
    await service.start()
    assert (await indi.connect()).state == "Ok"


async def test_a_service_that_answers_for_info_only_is_not_back(rig: Rig) -> None:
    indi, service = rig.indi, rig.service
    await indi.write("DEBUG", ENABLE="On")
    await indi.write("LOGGING_LEVEL", LOG_DEBUG="On")
    info = service._info()
    await service.stop()
    await lost(rig)
    async with answer_info_only(service, info):
        await indi.until(lambda: any("the Gpio driver sends no updates" in text for text in indi.messages))
        assert indi.known["CONNECTION"].state == "Busy"
        assert indi.known["EVERLOOP_COLOR"].state == "Alert"
    await service.start()
    await indi.in_state("CONNECTION", "Ok")
    assert (await indi.write("EVERLOOP_COLOR", RED=1)).state == "Ok"


async def test_a_flood_of_errors_is_told_once(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_COLOR", RED=1)
    for number in range(2000):
        rig.service.publish_error("Everloop", REFUSAL)
        rig.service.publish_error("Everloop", "0, Invalid specific configuration for Everloop driver.")
        if number % 10 == 0:
            await asyncio.sleep(0)
    await indi.in_state("EVERLOOP_COLOR", "Alert")
    assert (await indi.write("EVERLOOP_COLOR", RED=2)).state == "Ok"
    told = [answer.message for answer in indi.answers if answer.message.startswith("[ERROR]")]
    # What is still under way when the second write is handled may turn it to Alert once more.
    assert 2 <= len(told) <= 3
    assert len(set(told)) == 2


async def test_an_error_that_comes_again_after_another_write_is_shown_again(rig: Rig) -> None:
    """Else a write that the board refused would look as if it were carried out."""
    indi = rig.indi
    for red in range(3):
        assert (await indi.write("EVERLOOP_COLOR", RED=red)).state == "Ok"
        rig.service.publish_error("Everloop", REFUSAL)
        await indi.in_state("EVERLOOP_COLOR", "Alert")


async def test_garbage_by_the_thousand_is_told_once(rig: Rig) -> None:
    for _ in range(100):
        for _ in range(15):
            rig.service.publish_update("Gpio", b"\xff\xff\xff")
        await rig.indi.fence()
    assert rig.indi.messages == ["[WARNING] the Gpio driver says: a data update that cannot be read"]


@pytest.mark.parametrize("when", ["connected", "lost"])
@pytest.mark.parametrize("what", ["DEVICE_ADDRESS", "SIMULATION"])
async def test_another_place_counts_from_the_next_connect(rig: Rig, what: str, when: str) -> None:
    """Until then messages name the old place, and the driver reconnects there."""
    indi, service = rig.indi, rig.service
    async with MalosService(SimulatedBoard(), info_port=0) as other:
        if when == "lost":
            await service.stop()
            await lost(rig)
        values = {"PORT": str(other.info_port)} if what == "DEVICE_ADDRESS" else {"ENABLE": "On"}
        assert (await indi.write(what, **values)).state == "Ok"
        assert indi.messages == [f"[INFO] {what} takes effect at the next connect"]
        if when == "connected":
            await service.stop()
            await lost(rig)
        refused = await indi.write("EVERLOOP_COLOR", RED=1)
        assert refused.message == f"[ERROR] EVERLOOP_COLOR: the link to {service.address} is lost"
        await service.start()
        await indi.in_state("CONNECTION", "Ok")
        back = next(one for one in reversed(indi.answers) if one.name == "CONNECTION")
        assert back.message == f"[INFO] {service.address} is back"
        await indi.write("CONNECTION", DISCONNECT="On")
        place = other.address if what == "DEVICE_ADDRESS" else "the simulated board"
        assert (await indi.connect()).message == f"[INFO] {place} is connected"


@pytest.mark.parametrize("moments", [["arrive"], ["arrive", "leave"]])
async def test_a_fault_of_ours_costs_the_session_only(
    away: Rig, moments: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as patched:
        for moment in moments:
            patched.setattr(Gpio, moment, fail)
        answer = await away.indi.connect()
    assert answer.state == "Alert"
    assert "internal error, see the log" in answer.message
    assert "a fault of ours" in caplog.text
    caplog.clear()
    assert (await away.indi.connect()).state == "Ok"


async def test_a_frame_that_was_refused_is_made_anew_and_sent_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = asyncio.Event()

    def refuse(*_: object) -> None:
        refused.set()
        raise LinkError("takes no config")

    with monkeypatch.context() as patched:
        patched.setattr(Link, "send", refuse)
        rig.indi.put("EVERLOOP_COLOR", RED=1)
        await refused.wait()
        assert (await rig.indi.write("EVERLOOP_COLOR", RED=2)).state == "Ok"
    await rig.board.wait_until(lambda board: board.leds[0].red == 2)
    assert [config.image.led[0].red for config in rig.sent("Everloop")] == [2]


async def test_a_first_picture_that_was_refused_is_shown_when_the_service_is_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = asyncio.Event()

    def refuse(*_: object, **__: object) -> None:
        refused.set()
        raise LinkError("takes no config")

    with monkeypatch.context() as patched:
        patched.setattr(Link, "send", refuse)
        assert (await rig.indi.write("EVERLOOP_COLOR", RED=9)).state == "Ok"
        await refused.wait()
        await rig.service.stop()
        await lost(rig)
    await rig.service.start()
    await rig.board.wait_until(lambda board: board.leds[0].red == 9)


async def test_a_frame_that_cannot_be_made_is_told_of(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(Show, "frame", fail)
        rig.indi.put("EVERLOOP_COLOR", RED=1)
        await rig.indi.in_state("CONNECTION", "Alert")
    assert "a fault of ours" in caplog.text
    caplog.clear()
    assert (await rig.indi.connect()).state == "Ok"
    await rig.indi.write("EVERLOOP_COLOR", RED=2)
    await rig.board.wait_until(lambda board: board.leds[0].red == 2)


async def test_an_output_that_flaps_is_told_of_once(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    for _ in range(20):
        for level in (True, False):
            rig.service.publish_update("Gpio", GpioParams(values=int(level)).SerializeToString())
            await indi.in_state("DIGITAL_OUTPUT_1", "Alert" if level else "Ok")
    told = [answer.message for answer in indi.answers if "no longer is" in answer.message]
    assert told == ["[WARNING] DIGITAL_OUTPUT_1: pin 0 was told OFF and no longer is"]


async def test_levels_that_cannot_be_read_are_an_alert_until_they_can(rig: Rig) -> None:
    indi = rig.indi
    rig.board.set_input(3, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_4"].on == ["ON"])
    rig.service.publish_update("Gpio", b"\xff\xff\xff")
    for name in ("GPIO_REGISTER", "DIGITAL_INPUT_4", "DIGITAL_INPUT_9"):
        await indi.in_state(name, "Alert")
    for name in ("GPIO_REGISTER", "DIGITAL_INPUT_4", "DIGITAL_INPUT_9"):
        await indi.in_state(name, "Ok")
    assert indi.known["DIGITAL_INPUT_4"].on == ["ON"]


@pytest.mark.parametrize("power_cycle", [False, True])
async def test_off_at_disconnect_holds_although_the_service_is_away(rig: Rig, *, power_cycle: bool) -> None:
    """A message says that nothing could be switched off; the next connection does it."""
    indi, board = rig.indi, rig.board
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await indi.write("EVERLOOP_COLOR", RED=9)
    await board.wait_until(lambda board: board.leds[0].red)
    await rig.service.stop()
    if power_cycle:
        board.power_cycle()
    await lost(rig)
    await indi.write("CONNECTION", DISCONNECT="On")
    told = f"[WARNING] nothing was switched off: the link to {rig.service.address} is lost"
    assert f"{told}; the next connect does it" in indi.messages
    await rig.service.start()
    await indi.connect()
    await board.wait_until(lambda board: not board.level(5) and not any(map(any, board.leds)))
    assert indi.known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_OFF"]
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert not board.level(5)


async def test_a_link_that_flaps_is_told_of_once(rig: Rig) -> None:
    for _ in range(3):
        await rig.service.stop()
        await lost(rig)
        await rig.service.start()
        await rig.indi.in_state("CONNECTION", "Ok")
    told = [answer.message for answer in rig.indi.answers if answer.message.startswith("[ERROR]")]
    assert len(set(told)) == len(told)


async def test_a_shortage_of_descriptors_ends_no_session(rig: Rig) -> None:
    await rig.indi.write("DEBUG", ENABLE="On")
    await rig.indi.write("LOGGING_LEVEL", LOG_DEBUG="On")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    await rig.service.stop()
    await lost(rig)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        told = "that takes 120 file descriptors, and 0 are free, of 3"
        await rig.indi.until(lambda: any(told in text for text in rig.indi.messages))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")


async def test_a_service_that_fails_at_once_is_tried_with_a_pause(rig: Rig) -> None:
    """Its info has no drivers; without a pause the driver would ask for it thousands of times."""
    await rig.service.stop()
    await lost(rig)
    times = []
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as answering:
        answering.linger = 0
        answering.bind(f"tcp://127.0.0.1:{rig.service.info_port}")
        for _ in range(5):
            await answering.recv()
            times.append(asyncio.get_running_loop().time())
            await answering.send(b"")
    assert times[-1] - times[0] > 0.75
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")


async def test_a_session_that_fails_as_it_ends_says_nothing_of_the_next(
    away: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service may be lost in the moment in which clients disconnect and connect again."""

    async def fail_in_the_end(_: Gpio) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise LinkError("of the old session")

    indi = away.indi
    with monkeypatch.context() as patched:
        patched.setattr(Gpio, "run", fail_in_the_end)
        await indi.connect()
    start = len(indi.answers)
    indi.put("CONNECTION", DISCONNECT="On")
    indi.put("CONNECTION", CONNECT="On")
    await indi.fence()
    await indi.until(lambda: "DIGITAL_INPUT_16" in indi.known or indi.known["CONNECTION"].state == "Alert")
    states = [answer.state for answer in indi.answers[start:] if answer.name == "CONNECTION"]
    assert states == ["Idle", "Busy", "Ok"]
