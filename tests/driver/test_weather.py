"""The weather of a Creator: what clients are told, when, and what is safe."""

import asyncio
from collections.abc import AsyncIterator, Callable
from copy import copy
from functools import partial

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.devices.weather import station
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import Answer, IndiClient, piped
from tests.driver.conftest import Rig
from tests.programs import PATIENCE

PARAMETERS = ["WEATHER_TEMPERATURE", "WEATHER_HUMIDITY", "WEATHER_PRESSURE", "WEATHER_DEWPOINT", "WEATHER_UV"]
SENSORS = ("Humidity", "Pressure", "UV")
WEATHER = 1 << 7


def fail(board: SimulatedBoard) -> None:
    """Have all sensors of the weather be dead."""
    for driver in SENSORS:
        board.fail_sensor(driver)


@pytest_asyncio.fixture
async def sky(kind: Kind) -> AsyncIterator[Rig]:
    """A board whose sensors publish often, not connected yet."""
    async with (
        MalosService(board := SimulatedBoard(kind), info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        rig = Rig(await indi.get_properties(), board, service)
        service.config_seen = rig.record
        hurry(service)
        yield rig


def hurry(service: MalosService) -> None:
    for name in SENSORS:
        service._engines[name].delay_ms = 20


@pytest_asyncio.fixture
async def weather(sky: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A creator whose readings are shown; failures are told again after a short time."""
    monkeypatch.setattr(station, "_RETRY", 0.3)
    monkeypatch.setattr(station, "_EARLY", 0.0)
    sky.board.warm(20.0)
    sky.board.set_humidity(50.0)
    assert (await sky.indi.connect()).state == "Ok"
    await sky.indi.in_state("WEATHER_PARAMETERS", "Ok")
    return sky


creator = pytest.mark.parametrize("kind", [Kind.CREATOR])
voice = pytest.mark.parametrize("kind", [Kind.VOICE])


def interface(indi: IndiClient) -> int:
    return int(indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"])


def values(indi: IndiClient) -> dict[str, float]:
    return {name: float(text) for name, text in indi.known["WEATHER_PARAMETERS"].values.items()}


async def told(rig: Rig, **expected: float) -> None:
    """Ask for the weather until it is this."""
    async with asyncio.timeout(PATIENCE):
        while not expected.items() <= values(rig.indi).items():
            await rig.indi.write("WEATHER_REFRESH", REFRESH="On")
            await rig.indi.fence()


async def lit(indi: IndiClient, **lights: str) -> None:
    """Wait until WEATHER_STATUS is this."""
    await indi.until(lambda: "WEATHER_STATUS" in indi.known and indi.known["WEATHER_STATUS"].values == lights)


# What there is


@creator
async def test_the_weather_of_a_creator(weather: Rig) -> None:
    indi = weather.indi
    assert interface(indi) & WEATHER
    assert values(indi) == {
        "WEATHER_TEMPERATURE": 20, "WEATHER_HUMIDITY": 50, "WEATHER_PRESSURE": 1013.25, "WEATHER_DEWPOINT": 9.26,
        "WEATHER_UV": 0,
    }  # fmt: skip
    weather.board.set_uv(2.0)
    weather.board.set_pressure(70000.0)
    await told(weather, WEATHER_UV=2.68, WEATHER_PRESSURE=700)
    defined = [one.get("name", "") for one in indi.heard if one.tag.startswith("def")]
    assert defined[defined.index("WEATHER_UPDATE") : defined.index("ORIENTATION")] == [
        "WEATHER_UPDATE", "WEATHER_REFRESH", "WEATHER_OVERRIDE", "SAFETY_STATUS", "WEATHER_PARAMETERS",
        *PARAMETERS, "WEATHER_CRITICAL", "TEMPERATURE_CALIBRATION",
    ]  # fmt: skip
    ((ok, _),) = (
        (place, one)
        for place, one in enumerate(indi.heard)
        if one.get("name") == "CONNECTION" and one.tag.startswith("set") and one.get("state") == "Ok"
    )
    (first,) = (place for place, one in enumerate(indi.heard) if one.get("name") == "WEATHER_UPDATE")
    assert ok < first


@voice
async def test_a_voice_has_none(sky: Rig) -> None:
    pinged: list[str] = []
    pins_are_kept_alive = asyncio.Event()

    def record(driver: str) -> None:
        pinged.append(driver)
        if pinged.count("Gpio") == 4:  # two as the visit begins, and one with an update
            pins_are_kept_alive.set()

    sky.service.ping_seen = record
    assert (await sky.indi.connect()).state == "Ok"
    await asyncio.wait_for(pins_are_kept_alive.wait(), PATIENCE)
    await sky.indi.fence()
    assert [pinged.count(driver) for driver in SENSORS] == [1, 1, 1]
    assert pinged.count("Everloop") == 1  # its updates tell nothing but the number of LEDs
    assert not [name for name in sky.indi.known if "WEATHER" in name or name.startswith(("SAFETY", "TEMPER"))]
    assert not interface(sky.indi) & WEATHER
    assert not sky.indi.messages


@creator
async def test_a_creator_whose_sensors_are_dead_has_none(sky: Rig) -> None:
    fail(sky.board)
    assert (await sky.indi.connect()).state == "Ok"
    await sky.indi.fence()
    assert not [name for name in sky.indi.known if "WEATHER" in name]
    assert not interface(sky.indi) & WEATHER


@creator
async def test_sensors_that_another_program_slowed_down_are_found(sky: Rig) -> None:
    """MALOS sleeps through a delay, so that the first update may come at its end."""
    indi = sky.indi
    for name in SENSORS:
        sky.service._engines[name].delay_ms = 2500
    for _ in range(2):  # the second time while a delay is under way
        assert (await indi.connect()).state == "Ok"
        await indi.in_state("WEATHER_PARAMETERS", "Ok")
        await indi.write("CONNECTION", DISCONNECT="On")


@pytest.mark.parametrize("drivers", [("Everloop", "Gpio"), ("Everloop", "Humidity", "UV")])
async def test_a_service_without_some_drivers(drivers: tuple[str, ...]) -> None:
    async with (
        MalosService(board := SimulatedBoard(), info_port=0, drivers=drivers) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        board.set_uv(2.0)
        assert (await (await indi.get_properties()).connect()).state == "Ok"
        await indi.fence()
        assert ("WEATHER_PARAMETERS" in indi.known) is ("Humidity" in drivers)
        if "Humidity" in drivers:
            await indi.in_state("WEATHER_PARAMETERS", "Alert")
            first = await indi.next_answer("WEATHER_PARAMETERS", 0)
            assert (first.values["WEATHER_HUMIDITY"], first.values["WEATHER_UV"]) == ("40", "2.68")
            assert any("MALOS has no Pressure driver" in one.message for one in indi.answers)


@creator
async def test_after_an_outage_the_board_may_be_another_one(weather: Rig) -> None:
    indi, service = weather.indi, weather.service
    await service.stop()
    await indi.in_state("CONNECTION", "Busy")
    assert indi.known["WEATHER_PARAMETERS"].state == "Alert"
    service.board = SimulatedBoard(Kind.VOICE)
    await service.start()
    await indi.in_state("CONNECTION", "Ok")
    await indi.fence()
    assert "WEATHER_PARAMETERS" not in indi.known
    assert not interface(indi) & WEATHER


@creator
async def test_after_an_outage_old_readings_are_not_shown_as_good(weather: Rig) -> None:
    indi, service = weather.indi, weather.service
    await indi.write("WEATHER_UPDATE", PERIOD=0)
    for critical in ("Off", "On"):
        await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY=critical)
        await service.stop()
        await indi.in_state("CONNECTION", "Busy")
        start = len(indi.answers)
        weather.board.warm(weather.board.readings.celsius - 5.0)
        await service.start()
        hurry(service)
        await indi.in_state("SAFETY_STATUS", "Ok")
        for name in ("WEATHER_PARAMETERS", "SAFETY_STATUS", *["WEATHER_STATUS"][: critical == "On"]):
            assert [one.state for one in indi.answers[start:] if one.name == name] == ["Busy", "Ok"]
        assert values(indi)["WEATHER_TEMPERATURE"] == weather.board.readings.celsius


@creator
async def test_what_is_still_awaited_after_an_outage_is_a_warning(
    weather: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    indi, service = weather.indi, weather.service
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On", WEATHER_PRESSURE="On")
    await service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await service.start()
    hurry(service)
    with monkeypatch.context() as patched:
        patched.setattr(type(service._engines["Humidity"]._driver), "update", lambda _: None)
        await indi.in_state("CONNECTION", "Ok")
        await published(weather, "Pressure", 2)
        await indi.write("WEATHER_REFRESH", REFRESH="On")
        await indi.fence()
        for name in ("WEATHER_PARAMETERS", "WEATHER_STATUS", "SAFETY_STATUS"):
            assert indi.known[name].state == "Busy"
    await indi.in_state("SAFETY_STATUS", "Ok")


@creator
async def test_sensors_that_are_dead_after_an_outage_are_missed(weather: Rig) -> None:
    indi, service = weather.indi, weather.service
    await service.stop()
    await indi.in_state("CONNECTION", "Busy")
    fail(weather.board)
    start = len(indi.answers)
    await service.start()
    await indi.until(lambda: any("only zeros" in one.message for one in indi.answers[start:]))
    assert interface(indi) & WEATHER


# When clients are told


@creator
async def test_the_period_and_a_refresh(weather: Rig) -> None:
    indi, board = weather.indi, weather.board
    answer = await indi.write("WEATHER_UPDATE", PERIOD=0)
    assert (answer.state, indi.messages[-1][:6]) == ("Ok", "[INFO]")
    board.warm(10.0)
    start = len(indi.answers)
    await weather.indi.fence()
    await asyncio.wait_for(published(weather, "Humidity", 3), PATIENCE)
    assert not [one for one in indi.answers[start:] if one.name == "WEATHER_PARAMETERS"]
    refreshed = await indi.write("WEATHER_REFRESH", REFRESH="On")
    assert (refreshed.state, refreshed.values) == ("Ok", {"REFRESH": "Off"})
    assert values(indi)["WEATHER_TEMPERATURE"] == 10
    board.warm(11.0)
    await indi.write("WEATHER_UPDATE", PERIOD=1)
    start = len(indi.answers)
    answer = await indi.next_answer("WEATHER_PARAMETERS", start)
    assert answer.values["WEATHER_TEMPERATURE"] == "11"
    assert list(answer.values) == PARAMETERS


async def published(rig: Rig, driver: str, count: int) -> None:
    """Wait until a driver has published some more updates."""
    engine = rig.service._engines[driver]
    seen = asyncio.Semaphore(0)
    publish = engine.publish_update

    def counted(payload: bytes) -> None:
        publish(payload)
        seen.release()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "publish_update", counted)
        for _ in range(count):
            await seen.acquire()
    await rig.indi.fence()


# What is no reading


@creator
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda board: board.set_pressure(25.0), "Pressure is outside 300 to 1100 hPa"),
        (lambda board: board.set_pressure(200000.0), "Pressure is outside 300 to 1100 hPa"),
        (lambda board: board.set_pressure(0.0, 0.0), "the Pressure driver sends only zeros"),
        (lambda board: board.set_humidity(100.1), "Humidity is outside 0 to 100 %"),
        (lambda board: board.set_humidity(-0.1), "Humidity is outside 0 to 100 %"),
        (lambda board: board.set_humidity(float("nan")), "Humidity is no number; it must be 0 to 100 %"),
        (lambda board: board.warm(121.0), "Temperature is outside -40 to 120 C"),
        (lambda board: board.fail_sensor("Humidity", "dead"), "the Humidity driver sends only zeros"),
    ],
)
async def test_what_is_no_reading_is_alert_and_not_shown(
    weather: Rig, spoil: Callable[[SimulatedBoard], object], reason: str
) -> None:
    indi, board = weather.indi, weather.board
    await indi.write("WEATHER_UPDATE", PERIOD=0)
    before, good = values(indi), copy(board._sensors._set)
    start = len(indi.answers)
    spoil(board)
    await indi.in_state("WEATHER_PARAMETERS", "Alert")
    answer = await indi.next_answer("WEATHER_PARAMETERS", start)
    assert answer.message.startswith(f"[WARNING] WEATHER_PARAMETERS: {reason}")
    assert answer.message.endswith(": power-cycle the Raspberry Pi, and check its supply")
    assert {name: float(text) for name, text in answer.values.items()} == before
    board._sensors._set = good
    board.power_cycle()
    await indi.in_state("WEATHER_PARAMETERS", "Ok")
    assert values(indi) == before


@creator
async def test_a_failure_is_told_at_once(weather: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station, "_RETRY", 60.0)
    weather.board.set_pressure(25.0)
    await weather.indi.in_state("WEATHER_PARAMETERS", "Alert")


@creator
async def test_the_others_go_on(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("WEATHER_UPDATE", PERIOD=0)
    weather.board.set_pressure(25.0)
    await indi.in_state("WEATHER_PARAMETERS", "Alert")
    weather.board.warm(7.0)
    await indi.until(lambda: values(indi)["WEATHER_TEMPERATURE"] == 7)
    assert values(indi)["WEATHER_PRESSURE"] == 1013.25
    assert indi.known["WEATHER_PARAMETERS"].state == "Alert"


@creator
async def test_zeros_of_uv_are_readings_and_its_silence_is_not(sky: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    indi, engine = sky.indi, sky.service._engines["UV"]
    with monkeypatch.context() as patched:
        patched.setattr(type(engine._driver), "update", lambda _: None)
        assert (await indi.connect()).state == "Ok"
        await indi.in_state("WEATHER_PARAMETERS", "Alert")
        assert any("no update from the UV driver yet" in one.message for one in indi.answers)
        assert values(indi)["WEATHER_HUMIDITY"] == 40
        assert indi.known["CONNECTION"].state == "Ok"
    await indi.in_state("WEATHER_PARAMETERS", "Ok")


# What is safe


async def refreshed(rig: Rig, name: str, value: float) -> None:
    if name == "WEATHER_TEMPERATURE":
        rig.board.warm(value)
    else:
        rig.board.set_humidity(value)
    await told(rig, **{name: value})


@creator
async def test_ranges_and_their_lights(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="On", WEATHER_UV="On")
    assert list(indi.known["WEATHER_STATUS"].members) == ["WEATHER_TEMPERATURE", "WEATHER_UV"]
    for low, high, percent, flip, value, light in (
        (10, 30, 10, 0, 20, "Ok"),
        (10, 30, 10, 0, 11, "Busy"),
        (10, 30, 10, 0, 9, "Alert"),
        (10, 30, 10, 1, 9, "Ok"),
        (10, 30, 10, 1, 29, "Busy"),
        (10, 30, 10, 1, 20, "Alert"),
        (0, 30, 10, 0, 1, "Ok"),  # no warning at a limit of 0
        (-30, 0, 10, 0, -1, "Ok"),
    ):
        await indi.write("WEATHER_TEMPERATURE", MIN_OK=low, MAX_OK=high, PERC_WARN=percent, ALERT_TYPE=flip)
        await refreshed(weather, "WEATHER_TEMPERATURE", value)
        assert indi.known["WEATHER_STATUS"].values == {"WEATHER_TEMPERATURE": light, "WEATHER_UV": "Ok"}
        assert indi.known["WEATHER_STATUS"].state == light
        assert indi.known["SAFETY_STATUS"].values == {"SAFETY": light}
        assert indi.known["SAFETY_STATUS"].state == light
    # A range alone changes a light, too.
    answer = await indi.write("WEATHER_TEMPERATURE", MIN_OK=-0.5)
    assert (answer.state, indi.known["WEATHER_STATUS"].state) == ("Ok", "Alert")
    warnings = [one.message for one in indi.answers if one.name == "WEATHER_STATUS" and one.message]
    assert warnings[-1] == "[WARNING] WEATHER_STATUS: WEATHER_TEMPERATURE is -1.00, in the alert zone"
    answer = await indi.write("WEATHER_TEMPERATURE", MIN_OK=31)
    assert answer.message == "[ERROR] WEATHER_TEMPERATURE: MIN_OK=31 is above MAX_OK=0"
    assert indi.known["WEATHER_TEMPERATURE"].values["MIN_OK"] == "-0.5"


@creator
async def test_critical_lights_come_and_go(weather: Rig) -> None:
    indi = weather.indi
    assert "WEATHER_STATUS" not in indi.known
    assert indi.known["SAFETY_STATUS"].values == {"SAFETY": "Ok"}
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await lit(indi, WEATHER_HUMIDITY="Ok")
    await refreshed(weather, "WEATHER_HUMIDITY", 85)
    assert indi.known["SAFETY_STATUS"].state == "Busy"
    await indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="On")
    await lit(indi, WEATHER_TEMPERATURE="Ok", WEATHER_HUMIDITY="Busy")
    assert indi.known["WEATHER_STATUS"].state == "Busy"
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="Off")
    await lit(indi, WEATHER_TEMPERATURE="Ok")
    assert indi.known["SAFETY_STATUS"].state == "Ok"
    await indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="Off")
    assert "WEATHER_STATUS" not in indi.known
    assert indi.deleted.count("WEATHER_STATUS") == 3
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await lit(indi, WEATHER_HUMIDITY="Busy")


@creator
async def test_lights_that_come_and_go_are_updated_too(weather: Rig) -> None:
    """Ekos acts on updates only: it misses an alert in a definition, and keeps one that is deleted."""
    indi = weather.indi
    await refreshed(weather, "WEATHER_HUMIDITY", 99)
    await indi.write("WEATHER_UPDATE", PERIOD="0")  # no update but those that belong to a definition
    indi.heard.clear()
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await indi.write("WEATHER_CRITICAL", WEATHER_TEMPERATURE="On")
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="Off", WEATHER_TEMPERATURE="Off")
    heard = [(one.tag, one.get("state")) for one in indi.heard if one.get("name") == "WEATHER_STATUS"]
    come = [("defLightVector", "Alert"), ("setLightVector", "Alert")]
    assert heard == [*come, ("delProperty", None), *come, ("setLightVector", "Idle"), ("delProperty", None)]


@creator
async def test_a_light_without_a_reading_is_an_alert_after_a_while(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On", WEATHER_UV="On")
    start = len(indi.answers)
    weather.board.set_humidity(-5)
    await indi.in_state("WEATHER_PARAMETERS", "Alert")
    await lit(indi, WEATHER_HUMIDITY="Alert", WEATHER_UV="Ok")
    tells = [one for one in indi.answers[start:] if one.name == "WEATHER_PARAMETERS"]
    assert len(tells) == 2  # the first failure turned no light
    assert indi.known["SAFETY_STATUS"].state == "Alert"
    weather.board.set_humidity(50)
    await lit(indi, WEATHER_HUMIDITY="Ok", WEATHER_UV="Ok")
    assert indi.known["SAFETY_STATUS"].state == "Ok"


@creator
async def test_the_override(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await refreshed(weather, "WEATHER_HUMIDITY", 99)
    assert (indi.known["WEATHER_STATUS"].state, indi.known["SAFETY_STATUS"].state) == ("Alert", "Alert")
    answer = await indi.write("WEATHER_OVERRIDE", OVERRIDE="On")
    assert (answer.state, answer.values) == ("Busy", {"OVERRIDE": "On"})
    assert indi.messages[-1].startswith("[WARNING] WEATHER_OVERRIDE is on")
    for _ in range(2):
        assert (indi.known["WEATHER_STATUS"].state, indi.known["SAFETY_STATUS"].state) == ("Ok", "Ok")
        assert indi.known["WEATHER_STATUS"].values == {"WEATHER_HUMIDITY": "Alert"}
        await refreshed(weather, "WEATHER_HUMIDITY", 98)
    answer = await indi.write("WEATHER_OVERRIDE", OVERRIDE="Off")
    assert (answer.state, answer.values) == ("Idle", {"OVERRIDE": "Off"})
    assert (indi.known["WEATHER_STATUS"].state, indi.known["SAFETY_STATUS"].state) == ("Alert", "Alert")
    await indi.write("WEATHER_OVERRIDE", OVERRIDE="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.in_state("SAFETY_STATUS", "Alert")
    assert indi.known["WEATHER_OVERRIDE"].values == {"OVERRIDE": "Off"}


@creator
async def test_what_is_saved(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="Off")
    await indi.write("WEATHER_HUMIDITY", MAX_OK=45)  # as in libindi, ranges and period are saved at once
    await indi.write("WEATHER_UPDATE", PERIOD=5)
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
    await lit(indi, WEATHER_HUMIDITY="Alert")
    async with piped(make_driver(address=weather.service.address)) as other:
        await (await other.get_properties()).connect()
        assert (await other.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
        await lit(other, WEATHER_HUMIDITY="Alert")
        assert other.known["WEATHER_UPDATE"].values == {"PERIOD": "5"}


# Calibration


async def in_force(rig: Rig, reference: float) -> Answer:
    answer = await rig.indi.settle("TEMPERATURE_CALIBRATION", REFERENCE=reference)
    await rig.indi.fence()
    return answer


def recalibrate(rig: Rig, celsius: float) -> None:
    """Calibrate as another program does, by a config that this client does not see."""
    driver, readings = rig.service._engines["Humidity"]._driver, rig.board.readings
    ratio = (readings.celsius - celsius) / (rig.board.cpu_celsius - readings.celsius)
    driver._ratio = ratio  # type: ignore[attr-defined]


@creator
async def test_nothing_is_sent_unless_the_user_wrote_it(weather: Rig) -> None:
    indi, service = weather.indi, weather.service
    await indi.write("POLLING_PERIOD", PERIOD_MS=50)
    await indi.write("KEEP_ALIVE", TIMEOUT=3)
    await indi.write("WEATHER_REFRESH", REFRESH="On")
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    await service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await service.start()
    await indi.in_state("WEATHER_PARAMETERS", "Ok")
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.write("EVERLOOP_COLOR", RED=1)
    await weather.all_sent("Everloop", 1)
    assert [driver for driver, _ in weather.configs if driver in SENSORS] == []


@creator
async def test_a_reference_of_the_user(weather: Rig) -> None:
    indi = weather.indi
    recalibrate(weather, 3.0)
    await told(weather, WEATHER_TEMPERATURE=20)  # what others calibrate is not shown
    assert (await in_force(weather, 12.5)).state == "Ok"
    assert values(indi)["WEATHER_TEMPERATURE"] == pytest.approx(12.5, abs=0.01)
    assert values(indi)["WEATHER_DEWPOINT"] == 9.26
    (config,) = weather.sent("Humidity")
    assert config.humidity.current_temperature == 12.5
    weather.board.warm(21.0)
    await indi.until(lambda: weather.board.readings.celsius == 21)
    await published(weather, "Humidity", 2)
    assert indi.known["TEMPERATURE_CALIBRATION"].state == "Ok"
    answer = await indi.write("TEMPERATURE_CALIBRATION", REFERENCE=86)
    assert "it takes -40 to 85" in answer.message
    await indi.in_state("TEMPERATURE_CALIBRATION", "Ok")


@creator
async def test_a_calibration_of_another_program_ends_it(weather: Rig) -> None:
    indi = weather.indi
    await in_force(weather, 12.5)
    recalibrate(weather, 0.0)
    await indi.in_state("TEMPERATURE_CALIBRATION", "Alert")
    message = next(one.message for one in reversed(indi.answers) if one.name == "TEMPERATURE_CALIBRATION")
    assert message.startswith("[WARNING] TEMPERATURE_CALIBRATION: another program has calibrated the sensor; ")
    await indi.until(lambda: values(indi)["WEATHER_TEMPERATURE"] == 20)
    recalibrate(weather, 12.5)
    await published(weather, "Humidity", 2)
    await told(weather, WEATHER_TEMPERATURE=20)
    assert len(weather.sent("Humidity")) == 1
    assert (await in_force(weather, 13)).state == "Ok"
    await told(weather, WEATHER_TEMPERATURE=13)


@creator
async def test_another_program_may_make_nonsense_of_the_temperature(weather: Rig) -> None:
    """Which is no restart of the service: sending the reference again would start a fight with that program."""
    indi = weather.indi
    await in_force(weather, 12.5)
    recalibrate(weather, -300.0)
    await indi.in_state("TEMPERATURE_CALIBRATION", "Alert")
    assert any("another program has calibrated the sensor" in one.message for one in indi.answers)
    await told(weather, WEATHER_TEMPERATURE=20)
    assert len(weather.sent("Humidity")) == 1


@creator
async def test_after_a_restart_the_correction_is_sent_again(weather: Rig) -> None:
    """Not the old reference: the air is 5 degrees colder by then."""
    indi, service = weather.indi, weather.service
    await in_force(weather, 16)
    await service.stop()
    await indi.in_state("CONNECTION", "Busy")
    weather.board.warm(15.0)
    start = len(indi.answers)
    await service.start()
    _, again = await weather.all_sent("Humidity", 2)
    assert again.humidity.current_temperature == 11
    await indi.in_state("WEATHER_PARAMETERS", "Ok")
    assert values(indi)["WEATHER_TEMPERATURE"] == pytest.approx(11)
    shown = {
        one.values["WEATHER_TEMPERATURE"]
        for one in indi.answers[start:]
        if one.name == "WEATHER_PARAMETERS" and "WEATHER_TEMPERATURE" in one.values
    }
    assert shown == {"11"}
    assert indi.known["TEMPERATURE_CALIBRATION"].values == {"REFERENCE": "16"}
    assert any("sent it 11.0 C again" in text for text in indi.messages)


@creator
async def test_a_reference_is_for_one_board(weather: Rig) -> None:
    indi = weather.indi
    await in_force(weather, 12.5)
    async with MalosService(board := SimulatedBoard(), info_port=0) as service:
        rig = Rig(indi, board, service)
        service.config_seen = rig.record
        hurry(service)
        board.warm(24.0)
        await indi.write("CONNECTION", DISCONNECT="On")
        await indi.write("DEVICE_ADDRESS", PORT=service.info_port)
        await indi.connect()
        await told(rig, WEATHER_TEMPERATURE=24)
        assert indi.known["TEMPERATURE_CALIBRATION"].state == "Idle"
        await published(rig, "Humidity", 2)
        await indi.write("EVERLOOP_COLOR", RED=1)
        await rig.all_sent("Everloop", 1)
        assert not rig.sent("Humidity")


@creator
async def test_a_reference_outlasts_a_disconnect(weather: Rig) -> None:
    indi = weather.indi
    await in_force(weather, 12.5)
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.in_state("TEMPERATURE_CALIBRATION", "Ok")
    await told(weather, WEATHER_TEMPERATURE=12.5)
    assert len(weather.sent("Humidity")) == 1


@creator
async def test_a_reference_that_malos_makes_nonsense_of(weather: Rig) -> None:
    weather.board.cpu_celsius = 21.0  # it divides by how much warmer the processor is
    answer = await in_force(weather, 12.5)
    assert (answer.state, answer.message[:37]) == ("Alert", "[WARNING] TEMPERATURE_CALIBRATION: 12")
    assert "the raw temperature is shown" in answer.message
    await told(weather, WEATHER_TEMPERATURE=20)


@creator
async def test_a_reference_from_the_config_file_is_not_sent(weather: Rig) -> None:
    indi = weather.indi
    await in_force(weather, 16)
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    await in_force(weather, 17)
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
    assert indi.known["TEMPERATURE_CALIBRATION"].values == {"REFERENCE": "17"}
    async with piped(make_driver(address=weather.service.address)) as other:
        await (await other.get_properties()).connect()
        assert (await other.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
        shown = other.known["TEMPERATURE_CALIBRATION"]
        assert (shown.state, shown.values) == ("Idle", {"REFERENCE": "16"})
        await other.in_state("WEATHER_PARAMETERS", "Ok")
        assert values(other)["WEATHER_TEMPERATURE"] == 20
    assert len(weather.sent("Humidity")) == 2


# Our own weather on the status ring


def _arc(lit: int, board: SimulatedBoard) -> bool:
    return sum(any(led) for led in board.leds[:11]) == lit


async def arc(rig: Rig, lit: int) -> None:
    """Wait until so many LEDs of the weather's arc are lit."""
    async with asyncio.timeout(PATIENCE):
        await rig.board.wait_until(partial(_arc, lit))


@creator
async def test_the_status_ring_shows_our_own_weather(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    indi.asked.clear()
    await indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="MATRIX")
    await arc(weather, 1)
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await refreshed(weather, "WEATHER_HUMIDITY", 85)
    await arc(weather, 5)
    await refreshed(weather, "WEATHER_HUMIDITY", 95)
    await arc(weather, 10)
    await indi.write("WEATHER_OVERRIDE", OVERRIDE="On")
    await arc(weather, 1)
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await arc(weather, 10)
    await indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="")
    await arc(weather, 0)
    assert "MATRIX" not in {device for device, _ in indi.asked}


@creator
async def test_the_light_of_the_ring_is_listened_to_only_if_it_is_ours(weather: Rig) -> None:
    indi = weather.indi
    await indi.write("EVERLOOP_STATUS", INDI_ENABLED="On")
    await indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="MATRIX")
    await arc(weather, 1)
    await indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="Weather Simulator")
    await arc(weather, 0)
    await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
    await refreshed(weather, "WEATHER_HUMIDITY", 95)
    await indi.fence()
    assert _arc(0, weather.board)
