"""The service goes away and comes back."""

from indi_matrix import make_driver
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.conftest import Rig
from tests.stopwatch import Stopwatch


async def lost(rig: Rig) -> None:
    await rig.indi.in_state("CONNECTION", "Busy")
    await rig.indi.in_state("DIGITAL_INPUT_16", "Alert")


async def test_a_lost_link_is_shown_and_writes_are_refused(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_COLOR", RED=1)
    await rig.service.stop()
    await lost(rig)
    assert indi.known["CONNECTION"].on == ["CONNECT"]
    (told,) = [answer.message for answer in indi.answers if answer.message.startswith("[ERROR] lost ")]
    assert "driver closed the connection" in told
    assert {prop.state for name, prop in indi.known.items() if name.startswith(("EVERLOOP", "GPIO", "FLAT"))} == {
        "Alert"
    }
    for name, values in (("EVERLOOP_COLOR", {"RED": "9"}), ("GPIO_DIRECTION", {"PIN_0": "On"})):
        before = dict(indi.known[name].values)
        answer = await indi.write(name, **values)
        assert (answer.state, answer.values) == ("Alert", before)
        assert answer.message == f"[ERROR] {name}: the link to {rig.service.address} is lost"
    assert (await indi.write("CONNECTION", DISCONNECT="On")).state == "Idle"


async def test_a_link_that_is_back_gets_everything_again(rig: Rig) -> None:
    """A restarted service has forgotten the directions, and its first config resets all other pins."""
    indi, board = rig.indi, rig.board
    await indi.write("POLLING_PERIOD", PERIOD_MS=20)
    await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_8="On")
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await indi.write("EVERLOOP_LED_2", BLUE=200)
    await board.wait_until(lambda board: board.leds[1].blue == 200)
    await rig.service.stop()
    await lost(rig)
    board.power_cycle()
    rig.configs.clear()
    await rig.service.start()
    await indi.in_state("CONNECTION", "Ok")
    await board.wait_until(lambda board: board.leds[1] == Led(0, 0, 200, 0) and board.level(3))
    assert board.output_pins == {3, 8}
    # Outputs first: until a pin's own config comes, the restarted service has it as an input.
    assert [config.gpio.pin for config in rig.sent("Gpio")][:3] == [3, 8, 16]
    for name in ("DIGITAL_OUTPUT_4", "DIGITAL_OUTPUT_9", "EVERLOOP_LED_2", "GPIO_DIRECTION"):
        await indi.in_state(name, "Ok")
    assert indi.known["EVERLOOP_LED_9"].state == "Idle"
    assert {round(config.delay_between_updates * 1000) for config in rig.sent("Gpio")} == {0, 20}
    assert any(answer.message == f"[INFO] {rig.service.address} is back" for answer in indi.answers)
    assert (await indi.write("EVERLOOP_COLOR", RED=1)).state == "Ok"


async def test_nothing_written_during_an_outage_is_replayed(rig: Rig) -> None:
    indi, board = rig.indi, rig.board
    await indi.write("EVERLOOP_COLOR", GREEN=10)
    await board.wait_until(lambda board: board.leds[0].green == 10)
    await rig.service.stop()
    await lost(rig)
    for red in range(1, 50):
        indi.put("EVERLOOP_COLOR", RED=red)
        indi.put("GPIO_DIRECTION", **{f"PIN_{red % 16}": "On"})
    await indi.fence()
    rig.configs.clear()
    await rig.service.start()
    await indi.in_state("CONNECTION", "Ok")
    await rig.all_sent("Everloop", 1)
    assert (await indi.write("EVERLOOP_COLOR", BLUE=3)).values["RED"] == "0"
    await board.wait_until(lambda board: board.leds[0] == Led(0, 10, 3, 0))
    assert board.output_pins == frozenset()
    assert not any(led.red for config in rig.sent("Everloop") for led in config.image.led)


async def test_a_write_that_an_outage_turned_to_alert_is_not_replayed(away: Rig) -> None:
    indi, board = away.indi, away.board
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    away.service.hang()
    indi.put("DIGITAL_OUTPUT_6", ON="On")
    await indi.in_state("DIGITAL_OUTPUT_6", "Alert")
    await away.service.stop()
    await lost(away)
    away.configs.clear()
    await away.service.start()
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert not board.level(5)
    assert {config.gpio.value for config in away.sent("Gpio")} == {0}


async def test_an_output_that_was_switched_off_at_disconnect_stays_so(away: Rig) -> None:
    """The output was On in an earlier connection; a write that an outage turns to Alert must not restore that."""
    indi, board = away.indi, away.board
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    away.service.hang()
    assert (await indi.settle("DIGITAL_OUTPUT_6", ON="On")).state == "Alert"
    await away.service.stop()
    board.power_cycle()
    await lost(away)
    await away.service.start()
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert not board.level(5)


async def test_what_the_board_is_does_not_change_in_an_outage(rig: Rig) -> None:
    before = rig.indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"]
    await rig.service.stop()
    await lost(rig)
    rig.indi.known.pop("DRIVER_INFO")
    await rig.indi.get_properties("DRIVER_INFO")
    assert rig.indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"] == before


async def test_disconnecting_in_an_outage_leaves_no_alert_behind(rig: Rig) -> None:
    indi = rig.indi
    await rig.service.stop()
    await lost(rig)
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.start()
    await indi.connect()
    assert not [name for name, prop in indi.known.items() if prop.state == "Alert"]


async def test_a_board_that_nobody_used_is_left_alone_when_it_is_back(rig: Rig) -> None:
    await rig.service.stop()
    await lost(rig)
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")
    await rig.indi.write("EVERLOOP_COLOR", RED=1)
    await rig.all_sent("Everloop", 1)
    assert len(rig.configs) == 1


async def test_a_hung_service_is_lost(away: Rig) -> None:
    rig, indi = away, away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.write("KEEP_ALIVE", TIMEOUT=1)
    await indi.connect()
    rig.service.hang()
    await lost(rig)
    assert any("no update from the Gpio driver for 1.03 s" in answer.message for answer in indi.answers)
    rig.service.resume()
    await indi.in_state("CONNECTION", "Ok")


async def test_another_board_in_its_place(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_LED_18", RED=200)
    await rig.service.stop()
    await lost(rig)
    voice = SimulatedBoard(Kind.VOICE)
    async with MalosService(voice, info_port=rig.service.info_port):
        await indi.in_state("CONNECTION", "Ok")
        assert indi.known["EVERLOOP_INFO"].values == {"BOARD": "Voice", "LEDS": "18"}
        assert [name for name in indi.known if name.startswith("EVERLOOP_LED")][-1] == "EVERLOOP_LED_18"
        await voice.wait_until(lambda board: board.leds[17].red == 200)
        await indi.write("CONNECTION", DISCONNECT="On")


async def test_outputs_that_an_earlier_connection_set_are_sent_again_before_the_first_config(rig: Rig) -> None:
    """The service was restarted while nobody was connected: its first config would reset the other pins."""
    indi, board = rig.indi, rig.board
    await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_8="On")
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.stop()
    await rig.service.start()
    await indi.connect()
    await indi.settle("DIGITAL_OUTPUT_9", ON="On")
    assert board.level(3)
    assert board.output_pins == {3, 8}


async def test_outputs_that_an_earlier_connection_set_are_sent_again_before_a_period(rig: Rig) -> None:
    """The config of a period names no pin, but as the first one it would reset all pins, too."""
    indi, board = rig.indi, rig.board
    await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_8="On")
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.stop()
    await rig.service.start()
    await indi.connect()
    rig.configs.clear()
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    assert [config.gpio.pin for config in await rig.all_sent("Gpio", 3)] == [3, 8, 16]
    await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] == str(1 << 3))
    assert board.output_pins == {3, 8}


async def test_a_ring_of_another_size_ends_the_visit(rig: Rig) -> None:
    rig.service.publish_update("Everloop", b"\x10\x12")
    await rig.indi.in_state("CONNECTION", "Busy")
    assert "the ring has 18 LEDs now" in rig.indi.answers[-1].message
    await rig.indi.in_state("CONNECTION", "Ok")
    assert rig.indi.known["EVERLOOP_INFO"].values["LEDS"] == "35"


async def flap(rig: Rig) -> Stopwatch:
    """Have a visit end by a ring of another size; return how long it took until the next had begun."""
    indi = rig.indi
    await indi.in_state("CONNECTION", "Ok")
    heard = len(indi.answers)
    rig.service.publish_update("Everloop", b"\x10\x12")
    while (await indi.next_answer("CONNECTION", heard)).state != "Busy":
        heard += 1
    watch = Stopwatch()
    await indi.in_state("CONNECTION", "Ok")
    watch.stop()
    return watch


async def test_visits_that_do_not_last_are_made_less_and_less_often(rig: Rig) -> None:
    """A service whose ring changes its size all the time was visited 33 times a second."""
    indi = rig.indi
    pauses = [await flap(rig) for _ in range(6)]
    assert pauses[0].seconds < 1.5  # of which the simulated driver takes a second to its next update
    assert pauses[4].elapsed > 1.5
    assert pauses[5].elapsed > 3
    told = [answer.message for answer in indi.answers if answer.name == "CONNECTION" and answer.message]
    address = rig.service.address
    changed = f"[ERROR] lost {address}: the ring has 18 LEDs now"
    assert told == [
        f"[INFO] {address} is connected",
        f"{changed}; reconnecting",
        f"[INFO] {address} is back",
        f"{changed}, soon after it was back; reconnecting after a growing pause, up to 5 s",
    ]
    # One that lasts until all was sent the second time ends that.
    await indi.write("EVERLOOP_COLOR", RED=2)
    await rig.board.wait_until(lambda board: board.leds[0].red == 2)
    await rig.all_sent("Everloop", len(rig.sent("Everloop")) + 1)
    assert (await flap(rig)).seconds < 2


async def test_garbage_from_the_service_is_survived(rig: Rig) -> None:
    rig.service.publish_update("Everloop", b"\xff\xff\xff")
    rig.service.publish_update("Gpio", b"\xff\xff\xff")
    rig.service.publish_error("Gpio", b"\x00\xff\xfe")
    await rig.indi.until(lambda: len(rig.indi.messages) >= 1)
    assert (await rig.indi.write("EVERLOOP_COLOR", RED=1)).state == "Ok"
    assert all(text.isascii() for text in rig.indi.messages)


async def test_two_drivers_share_a_board(rig: Rig) -> None:
    async with piped(make_driver(address=rig.service.address)) as other:
        await (await other.get_properties()).connect()
        await rig.indi.write("GPIO_DIRECTION", PIN_3="On")
        await rig.indi.settle("DIGITAL_OUTPUT_4", ON="On")
        await other.until(lambda: other.known["DIGITAL_INPUT_4"].on == ["ON"])
