"""What the sensors publish."""

import pytest

from indi_matrix.malos.messages import UV, DriverConfig, Humidity, Imu, Pressure
from tests.simulator.client import Client


async def _first_update(client: Client, driver: str) -> bytes:
    updates = await client.updates(driver)
    await client.ping(driver)
    return await updates.recv()


async def test_the_imu_publishes_all_it_has(client: Client) -> None:
    names = [field.name for field in Imu.DESCRIPTOR.fields]
    values = {name: number + 0.5 for number, name in enumerate(names)}
    client.service.board.move(**values)
    imu = Imu.FromString(await _first_update(client, "IMU"))
    assert {name: getattr(imu, name) for name in names} == values


async def test_pressure_comes_with_altitude_and_temperature(client: Client) -> None:
    client.service.board.warm(19.5)
    client.service.board.set_pressure(95000.0, altitude=540.5)
    pressure = Pressure.FromString(await _first_update(client, "Pressure"))
    assert (pressure.pressure, pressure.altitude, pressure.temperature) == (95000.0, 540.5, 19.5)


@pytest.mark.parametrize(
    ("index", "risk"),
    [
        (0.0, "Low"),
        (2.99, "Low"),
        (3.0, "Moderate"),
        (6.0, "High"),
        (7.99, "High"),
        (8.0, "Very High"),
        (11.0, "Extreme"),
    ],
)
async def test_uv_tells_the_risk(client: Client, index: float, risk: str) -> None:
    client.service.board.set_uv(index)
    uv = UV.FromString(await _first_update(client, "UV"))
    assert (uv.uv_index, uv.oms_risk) == (pytest.approx(index), risk)


async def test_a_thermometer_starts_uncalibrated(client: Client) -> None:
    client.service.board.warm(25.0)
    client.service.board.set_humidity(55.5)
    humidity = Humidity.FromString(await _first_update(client, "Humidity"))
    assert (humidity.humidity, humidity.temperature_is_calibrated) == (55.5, False)
    assert humidity.temperature == humidity.temperature_raw == 25.0


async def test_a_calibrated_thermometer_follows_the_cpu(client: Client) -> None:
    board = client.service.board
    board.warm(25.0)
    board.cpu_celsius = 50.0
    await client.configure("Humidity", delay_between_updates=0.02, humidity={"current_temperature": 20.0})
    updates = await client.updates("Humidity")
    await client.ping("Humidity")
    humidity = Humidity.FromString(await updates.recv())
    assert (humidity.temperature, humidity.temperature_raw) == (pytest.approx(20.0), 25.0)
    assert humidity.temperature_is_calibrated
    board.cpu_celsius = 60.0
    while humidity.temperature != pytest.approx(18.0):
        humidity = Humidity.FromString(await updates.recv())


async def test_a_delay_alone_calibrates_to_zero(client: Client) -> None:
    await client.configure("Humidity", delay_between_updates=2)
    humidity = Humidity.FromString(await _first_update(client, "Humidity"))
    assert (humidity.temperature, humidity.temperature_raw) == (pytest.approx(0.0, abs=1e-5), 24.0)
    assert humidity.temperature_is_calibrated


async def test_a_calibration_near_the_cpu_temperature_is_absurd(client: Client) -> None:
    client.service.board.warm(46.0)
    client.service.board.cpu_celsius = 48.0
    await client.configure("Humidity", humidity={"current_temperature": 20.0})
    humidity = Humidity.FromString(await _first_update(client, "Humidity"))
    assert abs(humidity.temperature) > 100


async def test_a_voice_publishes_zeros_without_an_error(voice: Client) -> None:
    voice.service.board.warm(30.0)
    voice.service.board.set_uv(5.0)
    for driver, payload in (("IMU", b""), ("Pressure", b""), ("Humidity", b""), ("UV", b"\x12\x03Low")):
        errors = await voice.errors(driver)
        assert await _first_update(voice, driver) == payload
        assert await voice.texts(driver, errors) == []


async def test_a_voice_calibrates_its_zeros(voice: Client) -> None:
    await voice.send_taken("Humidity", DriverConfig().SerializeToString())
    humidity = Humidity.FromString(await _first_update(voice, "Humidity"))
    assert humidity == Humidity(temperature_is_calibrated=True)
