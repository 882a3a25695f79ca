"""Connecting, disconnecting, and the properties that come and go with it."""

from xml.etree import ElementTree as ET

import indipydriver
import zmq
import zmq.asyncio

from indi_matrix import make_driver
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.conftest import Rig
from tests.programs import free_port
from tests.simulator.client import Client

ALWAYS = {
    "CONNECTION": ("Switch", "rw", "Main Control", ["CONNECT", "DISCONNECT"]),
    "DRIVER_INFO": (
        "Text", "ro", "Connection", ["DRIVER_NAME", "DRIVER_EXEC", "DRIVER_VERSION", "DRIVER_INTERFACE"],
    ),
    "DEVICE_ADDRESS": ("Text", "rw", "Connection", ["ADDRESS", "PORT"]),
    "CONNECTION_MODE": ("Switch", "rw", "Connection", ["CONNECTION_TCP"]),
    "DEBUG": ("Switch", "rw", "Options", ["ENABLE", "DISABLE"]),
    "SIMULATION": ("Switch", "rw", "Options", ["ENABLE", "DISABLE"]),
    "CONFIG_PROCESS": (
        "Switch", "rw", "Options", ["CONFIG_LOAD", "CONFIG_SAVE", "CONFIG_DEFAULT", "CONFIG_PURGE"],
    ),
    "POLLING_PERIOD": ("Number", "rw", "Options", ["PERIOD_MS"]),
    "KEEP_ALIVE": ("Number", "rw", "Options", ["TIMEOUT"]),
    "ON_DISCONNECT": ("Switch", "rw", "Options", ["KEEP", "OFF"]),
    "ACTIVE_DEVICES": (
        "Text", "rw", "Options", ["ACTIVE_FILTER", "ACTIVE_WEATHER", "ACTIVE_TELESCOPE", "ACTIVE_DOME"],
    ),
}  # fmt: skip
AUX, WEATHER, LIGHTBOX = 1 << 15, 1 << 7, 1 << 10
OUTPUT, INPUT, IMU = 1 << 16, 1 << 17, 1 << 19


async def test_what_is_always_defined(away: Rig) -> None:
    known = away.indi.known
    assert {
        name: (prop.kind, prop.attributes["perm"], prop.attributes["group"], list(prop.members))
        for name, prop in known.items()
    } == ALWAYS
    assert known["CONNECTION"].on == ["DISCONNECT"]
    assert known["CONNECTION"].attributes["rule"] == "OneOfMany"
    assert known["SIMULATION"].on == ["DISABLE"]
    assert known["DRIVER_INFO"].values["DRIVER_EXEC"] == "indi_matrix"
    assert known["POLLING_PERIOD"].values == {"PERIOD_MS": "1000"}
    assert known["KEEP_ALIVE"].values == {"TIMEOUT": "5"}


async def test_the_limits_of_numbers(rig: Rig) -> None:
    """Least, most, step and first value of each; of pins and LEDs, one stands for all."""
    await rig.indi.write("GPIO_DIRECTION", PIN_0="On")
    limits = {
        "POLLING_PERIOD": {"PERIOD_MS": ("10", "600000", "1000", "1000")},
        "KEEP_ALIVE": {"TIMEOUT": ("1", "60", "1", "5")},
        "EVERLOOP_COLOR": dict.fromkeys(("RED", "GREEN", "BLUE", "WHITE"), ("0", "255", "1", "0")),
        "EVERLOOP_LED_35": dict.fromkeys(("RED", "GREEN", "BLUE", "WHITE"), ("0", "255", "1", "0")),
        "EVERLOOP_SPEED": {"RATE": ("1", "600", "1", "30")},
        "FLAT_LIGHT_INTENSITY": {"FLAT_LIGHT_INTENSITY_VALUE": ("0", "255", "10", "255")},
        "GPIO_DEBOUNCE": {"TIME": ("0", "10000", "1", "0")},
        "GPIO_REGISTER": {"PADS": ("0", "65535", "1", "0")},
        "PULSE_0": {"DURATION": ("0", "60000", "100", "0")},
        "DEW_HEATER": {
            "PIN": ("-1", "15", "1", "-1"),
            "MARGIN": ("0", "20", "0.5", "3"),
            "FULL": ("0", "20", "0.5", "0"),
            "FALLBACK": ("0", "100", "1", "0"),
        },
        "LINK_LOSS": {"TIME": ("0", "3600", "1", "10")},
        "DUTY_0": {"DUTY": ("0", "100", "1", "0"), "PERIOD": ("1", "60", "1", "10")},
    }
    known = {name: rig.indi.known[name] for name in limits}
    assert limits == {
        name: {
            member: (one["min"], one["max"], one["step"], prop.values[member])
            for member, one in prop.members.items()
        }
        for name, prop in known.items()
    }


async def test_connecting_turns_ok_before_it_defines_the_board(away: Rig) -> None:
    """KStars tells Ekos of a light box when a property is defined while CONNECTION is Ok."""
    indi = away.indi
    answer = await indi.write("CONNECTION", CONNECT="On")
    # Universal ROR looks at the switch alone: CONNECT is not On before the board is there.
    assert (answer.state, answer.values) == ("Busy", {"CONNECT": "Off", "DISCONNECT": "On"})
    assert "EVERLOOP_INFO" not in indi.known
    start = len(indi.heard)
    await indi.until(lambda: "DIGITAL_INPUT_16" in indi.known)
    told = [(one.tag, one.get("name"), one.get("state")) for one in indi.heard[start:]]
    assert told[0] == ("setSwitchVector", "CONNECTION", "Ok")
    tags = [tag[:3] for tag, _, _ in told[1:]]
    assert tags == sorted(tags)  # the definitions, and only then what is measured
    assert "def" in tags
    assert indi.known["CONNECTION"].on == ["CONNECT"]
    every = AUX + WEATHER + LIGHTBOX + OUTPUT + INPUT + IMU
    assert indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"] == str(every)


async def test_definitions_that_are_asked_for_are_the_same_again(rig: Rig) -> None:
    indi = rig.indi

    def told() -> dict[str, object]:
        return {
            name: (prop.kind, {**prop.attributes, "timestamp": "", "state": ""}, prop.members, prop.values)
            for name, prop in indi.known.items()
        }

    await indi.in_state("MAGNETOMETER", "Ok")  # the first readings come after the definitions
    before, last = told(), indi.known["DIGITAL_INPUT_16"]
    indi.send('<getProperties version="1.7"/>')
    await indi.until(lambda: indi.known["DIGITAL_INPUT_16"] is not last)
    assert told() == before


async def test_a_service_without_gpio_makes_a_board_without_pins(away: Rig) -> None:
    indi = away.indi
    with zmq.asyncio.Context() as context, context.socket(zmq.REQ) as asking, context.socket(zmq.REP) as answering:
        asking.connect(f"tcp://{away.service.address}")
        await asking.send(b"")
        info = MalosDriverInfo.FromString(await asking.recv())
        del info.info[[driver.driver_name for driver in info.info].index("Gpio")]
        await indi.write("DEVICE_ADDRESS", PORT=answering.bind_to_random_port("tcp://127.0.0.1"))
        indi.put("CONNECTION", CONNECT="On")
        await answering.recv()
        await answering.send(info.SerializeToString())
        await indi.in_state("CONNECTION", "Ok")
    assert "EVERLOOP_COLOR" in indi.known
    assert "GPIO_DIRECTION" not in indi.known
    assert indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"] == str(AUX + WEATHER + LIGHTBOX + IMU)
    assert (await indi.write("POLLING_PERIOD", PERIOD_MS=20)).state == "Ok"


async def test_a_service_with_a_silent_ring_is_named(away: Rig) -> None:
    indi = away.indi
    with zmq.asyncio.Context() as context, context.socket(zmq.REQ) as asking, context.socket(zmq.REP) as answering:
        asking.connect(f"tcp://{away.service.address}")
        await asking.send(b"")
        info = MalosDriverInfo.FromString(await asking.recv())
        for driver in info.info:
            if driver.driver_name == "Everloop":
                driver.base_port = away.service.ports["Servo"].base  # which never publishes
        await indi.write("DEVICE_ADDRESS", PORT=answering.bind_to_random_port("tcp://127.0.0.1"))
        indi.put("CONNECTION", CONNECT="On")
        await answering.recv()
        await answering.send(info.SerializeToString())
        await indi.in_state("CONNECTION", "Alert")
    assert "MALOS answers, but its Everloop driver does not tell how many LEDs" in indi.answers[-1].message


async def test_a_timing_that_no_client_could_choose_is_shown_within_limits(away: Rig) -> None:
    async with Client(away.service) as client:
        await client.configure("Gpio", delay_between_updates=0.002, timeout_after_last_ping=0.1)
    assert (await away.indi.connect()).state == "Ok"
    assert away.indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "10"}
    assert away.indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "1"}


async def test_each_board_has_its_own_number_of_leds(each: Rig) -> None:
    known = each.indi.known
    count = each.board.kind.led_count
    leds = [name for name in known if name.startswith("EVERLOOP_LED_")]
    assert leds == [f"EVERLOOP_LED_{number}" for number in range(1, count + 1)]
    assert known["EVERLOOP_INFO"].values == {"BOARD": each.board.kind.capitalize(), "LEDS": str(count)}


async def test_connecting_alone_writes_nothing(away: Rig) -> None:
    await away.indi.connect()
    await away.indi.write("CONNECTION", DISCONNECT="On")
    await away.indi.connect()
    await away.indi.write("EVERLOOP_COLOR", RED=1)
    await away.indi.write("GPIO_DIRECTION", PIN_5="On")
    await away.all_sent("Everloop", 1)
    await away.all_sent("Gpio", 1)
    assert len(away.configs) == 2


async def test_disconnecting_deletes_each_board_property_once(rig: Rig) -> None:
    before = set(rig.indi.known) - set(ALWAYS)
    answer = await rig.indi.write("CONNECTION", DISCONNECT="On")
    assert (answer.state, rig.indi.known["CONNECTION"].on) == ("Idle", ["DISCONNECT"])
    assert sorted(rig.indi.deleted) == sorted(before)
    assert set(rig.indi.known) == set(ALWAYS)


async def test_repeating_the_state_it_is_in_is_ok(away: Rig) -> None:
    indi = away.indi
    assert (await indi.write("CONNECTION", DISCONNECT="On")).state == "Ok"
    await indi.connect()
    assert (await indi.write("CONNECTION", CONNECT="On")).state == "Ok"
    assert not indi.deleted


async def test_nobody_there_is_an_alert_that_names_address_and_cause(away: Rig) -> None:
    indi, port = away.indi, free_port()
    await indi.write("DEVICE_ADDRESS", PORT=port)
    answer = await indi.connect()
    assert (answer.state, indi.known["CONNECTION"].on) == ("Alert", ["DISCONNECT"])
    assert answer.message.startswith("[ERROR] ")
    assert f"127.0.0.1:{port}" in answer.message
    assert "refused" in answer.message
    await indi.write("DEVICE_ADDRESS", PORT=away.service.info_port)
    assert (await indi.connect()).state == "Ok"


async def test_a_request_that_died_with_its_service_is_sent_again(away: Rig) -> None:
    """It would never be answered on the socket that sent it."""
    indi, info_port = away.indi, away.service.info_port
    await away.service.stop()
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as dying:
        dying.bind(f"tcp://127.0.0.1:{info_port}")
        assert (await indi.write("CONNECTION", CONNECT="On")).state == "Busy"
        assert await dying.recv_multipart() == [b""]
    await away.service.start()
    await indi.in_state("CONNECTION", "Ok")


async def test_disconnecting_ends_an_attempt_to_connect(away: Rig) -> None:
    indi = away.indi
    await indi.write("DEVICE_ADDRESS", PORT=free_port())
    assert (await indi.write("CONNECTION", CONNECT="On")).state == "Busy"
    assert (await indi.write("CONNECTION", DISCONNECT="On")).state == "Idle"
    await indi.write("DEVICE_ADDRESS", PORT=away.service.info_port)
    assert (await indi.connect()).state == "Ok"


async def test_connecting_again_at_once(rig: Rig) -> None:
    indi = rig.indi
    for _ in range(5):
        indi.put("CONNECTION", DISCONNECT="On")
        assert (await indi.connect()).state == "Idle"
        await indi.in_state("CONNECTION", "Ok")
        assert indi.known["CONNECTION"].on == ["CONNECT"]
        assert "DIGITAL_INPUT_16" in indi.known
    assert (await indi.write("EVERLOOP_COLOR", RED=9)).state == "Ok"
    await rig.board.wait_until(lambda board: board.leds[0].red == 9)


async def test_an_address_given_while_connected_counts_from_the_next_connect(rig: Rig) -> None:
    indi = rig.indi
    async with MalosService(SimulatedBoard(Kind.VOICE), info_port=0) as other:
        await indi.write("DEVICE_ADDRESS", PORT=other.info_port)
        await indi.until(lambda: any("DEVICE_ADDRESS" in text for text in indi.messages))
        assert indi.known["EVERLOOP_INFO"].values["LEDS"] == "35"
        await indi.write("CONNECTION", DISCONNECT="On")
        await indi.connect()
        assert indi.known["EVERLOOP_INFO"].values["LEDS"] == "18"
        assert "EVERLOOP_LED_19" not in indi.known
        await indi.write("CONNECTION", DISCONNECT="On")


async def test_simulation_chosen_while_connected_counts_from_the_next_connect(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("SIMULATION", ENABLE="On")
    await indi.until(lambda: "[INFO] SIMULATION takes effect at the next connect" in indi.messages)
    await indi.write("EVERLOOP_COLOR", RED=3)
    await rig.board.wait_until(lambda board: board.leds[0].red == 3)
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.settle("EVERLOOP_COLOR", RED=4)
    await indi.write("CONNECTION", DISCONNECT="On")
    assert rig.board.leds[0].red == 3


async def test_simulation_needs_no_service() -> None:
    async with piped(make_driver(address="127.0.0.1:1", simulate="voice")) as indi:
        await indi.get_properties()
        assert indi.known["SIMULATION"].on == ["ENABLE"]
        assert (await indi.connect()).state == "Ok"
        assert indi.known["EVERLOOP_INFO"].values == {"BOARD": "Voice", "LEDS": "18"}
        await indi.settle("GPIO_DIRECTION", PIN_7="On")
        assert (await indi.settle("DIGITAL_OUTPUT_8", ON="On")).state == "Ok"
        assert indi.known["GPIO_REGISTER"].values["PADS"] == str(1 << 7)


async def test_a_simulated_board_keeps_its_state_while_disconnected() -> None:
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).connect()
        await indi.write("GPIO_DIRECTION", PIN_2="On")
        await indi.settle("DIGITAL_OUTPUT_3", ON="On")
        await indi.write("CONNECTION", DISCONNECT="On")
        await indi.connect()
        await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] == "4")
        assert indi.known["DIGITAL_OUTPUT_3"].on == ["ON"]


async def test_a_value_is_read_in_the_way_of_the_library_too() -> None:
    driver = make_driver(simulate="creator")
    async with piped(driver) as indi:
        await (await indi.get_properties()).connect()
        await indi.write("EVERLOOP_COLOR", RED=7)
        assert driver["MATRIX"]["EVERLOOP_COLOR"]["RED"] == "7"
        assert driver["MATRIX"]["EVERLOOP_COLOR"].state == "Ok"


async def test_a_property_that_goes_while_it_is_asked_for_is_passed_over() -> None:
    """indipydriver asks for all properties one by one; of several clients, one may disconnect meanwhile."""
    driver = make_driver()
    asked = ET.fromstring('<getProperties version="1.7"/>')
    vector = driver["MATRIX"]["CONNECTION"]
    async with piped(driver) as indi:
        await indi.get_properties()
        await driver.rxevent(indipydriver.getProperties("MATRIX", "EVERLOOP_COLOR", vector, asked))
        await indi.fence()
        assert "EVERLOOP_COLOR" not in indi.known
