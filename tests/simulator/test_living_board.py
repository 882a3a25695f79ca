"""A living board: its weather, its noise, what is set instead, and sensors that fail."""

import asyncio
import re
from dataclasses import asdict, replace
from datetime import datetime
from itertools import pairwise
from statistics import mean, stdev

import pytest

from indi_matrix.malos.messages import UV, Humidity, Imu, Pressure
from indi_matrix.simulator import Climate, Kind, MalosService, SimulatedBoard, TerminalPicture, climate_of, draw
from indi_matrix.simulator.sensors.readings import NO_SENSORS, Readings
from tests.programs import PATIENCE
from tests.simulator.client import Client
from tests.terminal import Terminal

DAY = 600.0
HOUR = DAY / 24


class Clock:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def living(clock: Clock) -> SimulatedBoard:
    return SimulatedBoard(Kind.CREATOR, Climate(DAY, hour=0, clock=clock))


def _days(seed: int, days: int) -> list[list[Readings]]:
    """Return the readings of each half hour of some days."""
    clock = Clock()
    climate = Climate(DAY, hour=0, seed=seed, clock=clock)
    found: list[list[Readings]] = []
    for day in range(days):
        found.append([])
        for half in range(48):
            clock.seconds = day * DAY + half * HOUR / 2
            found[-1].append(climate.readings())
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_day_is_believable(seed: int) -> None:
    days = _days(seed, 8)
    for day in days:
        celsius = [now.celsius for now in day]
        assert 4 <= celsius.index(min(celsius[:24])) <= 12
        assert 26 <= celsius.index(max(celsius)) <= 36
        assert 6 < max(celsius) - min(celsius) < 14
        assert all(0 < now.celsius < 40 and 10 < now.humidity < 95 for now in day)
        assert day[celsius.index(max(celsius))].humidity < day[celsius.index(min(celsius))].humidity
        assert all(now.uv == 0 for now in [*day[:9], *day[40:]])
        assert 2 < max(now.uv for now in day[20:28]) < 6
    flat = [now for day in days for now in day]
    assert all(98000 < now.pascal < 104000 for now in flat)
    assert all(abs(one.pascal - other.pascal) < 60 for one, other in pairwise(flat))
    assert max(now.pascal for now in flat) - min(now.pascal for now in flat) > 500
    assert stdev(mean(now.celsius for now in day) for day in days) > 0.3


def test_readings_come_in_rounds_and_never_twice_the_same(living: SimulatedBoard, clock: Clock) -> None:
    first = living.readings
    clock.seconds = 0.019
    assert living.readings == first
    clock.seconds = 0.021
    moved = living.readings
    assert moved.motion != first.motion
    assert replace(moved, motion=first.motion) == first
    clock.seconds = 1.6
    later = living.readings
    assert all(getattr(later, name) != getattr(first, name) for name in ("celsius", "humidity", "pascal"))
    assert abs(later.celsius - first.celsius) < 0.3
    clock.seconds = 0.0
    assert living.readings == first
    rounds: list[Readings] = []
    for number in range(30):
        clock.seconds = number * 1.5 + 0.1
        rounds.append(living.readings)
    assert 1 < stdev(one.pascal - other.pascal for one, other in pairwise(rounds)) < 6


def test_a_resting_board_is_at_rest(living: SimulatedBoard, clock: Clock) -> None:
    motions = []
    for step in range(500):
        clock.seconds = step * 0.02 + 0.01
        motions.append(asdict(living.readings.motion))
    spreads = {name: stdev(motion[name] for motion in motions) for name in motions[0]}
    means = {name: mean(motion[name] for motion in motions) for name in motions[0]}
    assert all(0.0005 < spread < 1.5 for spread in spreads.values())
    assert means["accel_z"] == pytest.approx(1, abs=0.01)
    assert all(abs(means[name]) < 2 for name in ("roll", "pitch", "gyro_x", "gyro_y", "gyro_z"))


def test_a_shower_comes_and_goes(clock: Clock) -> None:
    boards = [SimulatedBoard(Kind.CREATOR, Climate(DAY, hour=12, clock=clock)) for _ in range(2)]
    wet, dry = boards
    seen: list[str] = []
    wet.watch(lambda: seen.append("changed"))
    wet.shower()
    assert seen == ["changed"]
    assert wet.readings == dry.readings
    clock.seconds = 0.5 * HOUR
    assert wet.readings.celsius == pytest.approx(dry.readings.celsius - 4)
    assert wet.readings.humidity > dry.readings.humidity + 10
    assert wet.readings.uv < dry.readings.uv / 3
    clock.seconds = 1.6 * HOUR
    assert wet.readings == dry.readings


def test_what_was_set_stays_until_the_board_lives_again(living: SimulatedBoard, clock: Clock) -> None:
    living.warm(-3.5)
    living.set_pressure(50000)
    living.move(accel_x=0.5)
    before = living.readings
    clock.seconds = 5 * HOUR
    now = living.readings
    assert (now.celsius, now.pascal, now.altitude, now.motion.accel_x) == (-3.5, 50000, before.altitude, 0.5)
    assert now.humidity != before.humidity
    assert now.motion.accel_y != before.motion.accel_y
    living.live_again()
    assert living.readings.celsius > 0


def test_frozen_readings_stay_to_the_last_bit_and_can_be_set(living: SimulatedBoard, clock: Clock) -> None:
    living.freeze()
    frozen = living.readings
    clock.seconds = 5 * HOUR
    assert living.readings == frozen
    living.warm(1.0)
    assert living.readings == replace(frozen, celsius=1.0)
    living.live_again()
    assert living.readings.celsius != frozen.celsius


def test_a_still_board_stays() -> None:
    assert climate_of(0) is None
    still = SimulatedBoard()
    assert still.readings == still.readings == Readings()
    with pytest.raises(ValueError, match="without a climate"):
        still.shower()


def test_a_day_in_real_time_goes_by_the_clock_of_the_machine() -> None:
    hasty, real = climate_of(60), climate_of(86400)
    assert hasty is not None
    assert real is not None
    assert hasty.hour == pytest.approx(8, abs=0.5)
    now = datetime.now().astimezone()
    assert abs(real.hour - now.hour - now.minute / 60) % 24 == pytest.approx(0, abs=0.1)


async def test_a_failed_sensor_publishes_zeros_or_nothing_or_the_same(clock: Clock) -> None:
    async with (
        MalosService(SimulatedBoard(Kind.CREATOR, Climate(DAY, clock=clock)), info_port=0) as service,
        Client(service) as client,
    ):
        board = service.board
        updates = {driver: await client.updates(driver) for driver in ("IMU", "Humidity", "Pressure", "UV")}

        async def update(driver: str) -> bytes:
            clock.seconds += 2
            service._engine(driver)._send_update()
            return await updates[driver].recv()

        for driver, message in (("IMU", Imu), ("Humidity", Humidity), ("Pressure", Pressure), ("UV", UV)):
            assert await update(driver) != await update(driver)
            board.fail_sensor(driver, "frozen")
            frozen = await update(driver)
            assert frozen == await update(driver)
            assert message.FromString(frozen) != message()
            board.fail_sensor(driver)
            assert await update(driver) == (b"\x12\x03Low" if driver == "UV" else b"")
            errors = await client.errors(driver)
            board.fail_sensor(driver, "silent")
            service._engine(driver)._send_update()
            assert await client.texts(driver, errors) == [f"1, Could not send update for {driver} driver."]
            board.heal_sensor(driver)
            assert await update(driver) not in {frozen, b""}


async def test_a_silent_thermometer_is_not_calibrated(client: Client) -> None:
    client.service.board.fail_sensor("Humidity", "silent")
    await client.configure("Humidity", humidity={"current_temperature": 20.0})
    client.service.board.heal_sensor("Humidity")
    updates = await client.updates("Humidity")
    await client.ping("Humidity")
    assert not Humidity.FromString(await updates.recv()).temperature_is_calibrated


def test_a_power_cycle_heals_the_board_but_not_the_service(board: SimulatedBoard) -> None:
    for driver, how in (("IMU", "dead"), ("UV", "frozen"), ("Humidity", "silent")):
        board.fail_sensor(driver, how)
    assert board.sensed("IMU") == NO_SENSORS
    board.power_cycle()
    assert board.sensed("IMU") == board.sensed("UV") == board.readings
    assert board.sensed("Humidity") is None


def test_only_sensors_fail_and_only_in_these_ways(board: SimulatedBoard) -> None:
    with pytest.raises(ValueError, match="'Gpio' is no sensor; there are IMU, Humidity, Pressure, UV"):
        board.fail_sensor("Gpio")
    with pytest.raises(ValueError, match="'tired' is not a valid Failure"):
        board.fail_sensor("IMU", "tired")
    voice = SimulatedBoard(Kind.VOICE, Climate())
    assert voice.sensed("IMU") == voice.readings == NO_SENSORS
    voice.fail_sensor("IMU", "silent")
    assert voice.sensed("IMU") is None


def test_the_picture_of_a_creator_has_its_weather(living: SimulatedBoard, clock: Clock) -> None:
    clock.seconds = 12.5 * HOUR
    for width in (24, 43, 80):
        line = re.sub("\x1b\\[[0-9;]*m", "", draw(living, width).split("\n")[1])
        assert re.match(r"12:30   2\d\.\d °C( |$)", line)
        assert len(line) <= width
    assert re.fullmatch(r"12:30   2\d\.\d °C   \d\d\.\d %   10\d\d\.\d hPa   UV \d\.\d\d", line)
    assert draw(SimulatedBoard()).split("\n")[1].count("24.0 °C   40.0 %   1013.2 hPa   UV 0.00") == 1
    assert draw(SimulatedBoard(Kind.VOICE, Climate())).split("\n")[1] == ""


async def test_the_terminal_follows_the_weather_and_has_a_key_for_a_shower(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    clock = Clock()
    board = SimulatedBoard(Kind.CREATOR, Climate(DAY, hour=12, clock=clock))
    terminal = Terminal()
    async with TerminalPicture(board, terminal.output, keys=terminal.keys) as picture:
        assert "12:00" in await terminal.until("w: shower")
        terminal.press("w")
        async with asyncio.timeout(PATIENCE):
            await board.wait_until(lambda b: b.climate is not None and b.climate._rain(12.5) == 1)
        await terminal.until("ctrl-c")
        clock.seconds = HOUR / 2
        await terminal.until("12:30")
        assert picture._weather is not None
    assert vars(picture)["_weather"] is None
    terminal.close()
