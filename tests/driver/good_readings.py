"""What a payload of a sensor gives clients to see, computed apart from the driver. Pure."""

from math import cos, log, pi, radians, sin

from indi_matrix.malos.messages import UV, Humidity, Imu, Pressure

GOOD = {"celsius": (-40, 120), "humidity": (0, 100), "pascal": (30000, 110000), "uv": (0, 100 / 1.34)}
_AXES = {"accel": (100, 9.80665), "gyro": (10, pi / 180), "mag": (1000, 100)}  # limit, factor
REASONS = {
    "celsius": "Temperature is ", "humidity": "Humidity is ", "pascal": "Pressure is ", "uv": "UV index is ",
}  # fmt: skip
DRIVER_OF = {"celsius": "Humidity", "humidity": "Humidity", "pascal": "Pressure", "uv": "UV"}


def within(value: float, limits: tuple[float, float]) -> bool:
    """Return whether a value is a reading; NaN is none."""
    return limits[0] <= value <= limits[1]


def dew_point_of(celsius: float, humidity: float) -> float:
    """Return the dew point in degrees C."""
    exponent = log(max(humidity, 0.1) / 100) + 17.625 * celsius / (243.04 + celsius)
    return 243.04 * exponent / (17.625 - exponent)


def weather_in(driver: str, payload: bytes, *, believed: bool) -> list[tuple[str, float]]:
    """Return what a payload gives clients to see; both temperatures if the calibrated one is to be believed."""
    found: list[tuple[str, float]] = []
    if driver == "Humidity":
        humid = Humidity.FromString(payload)
        raw, humidity = round(humid.temperature_raw, 2), round(humid.humidity, 2)
        warm, moist = within(raw, GOOD["celsius"]), within(humidity, GOOD["humidity"])
        temperatures = [raw, *([humid.temperature] if believed and humid.temperature_is_calibrated else [])]
        if raw or humidity:
            found += [("TEMPERATURE", one) for one in temperatures if warm and within(one, GOOD["celsius"])]
            found += [("HUMIDITY", humidity)] if moist else []
            found += [("DEWPOINT", dew_point_of(raw, humidity))] if warm and moist else []
    elif driver == "Pressure":
        pascal = Pressure.FromString(payload).pressure
        found += [("PRESSURE", pascal / 100)] if within(pascal, GOOD["pascal"]) else []
    elif driver == "UV":
        index = UV.FromString(payload).uv_index
        found += [("UV", index * 1.34)] if within(index, GOOD["uv"]) else []
    return [(f"WEATHER_{name}", value) for name, value in found]


def motion_in(payload: bytes) -> list[tuple[str, float]]:
    """Return what a payload of the IMU gives clients to see: members and values."""
    imu = Imu.FromString(payload)
    found = []
    roll, pitch, yaw = (radians(angle) / 2 for angle in (imu.roll, imu.pitch, imu.yaw))
    if abs(imu.roll) <= 180 and abs(imu.pitch) <= 90 and payload:
        turn = cos(roll) * cos(pitch) * cos(yaw) + sin(roll) * sin(pitch) * sin(yaw)
        found = [("ROLL", imu.roll), ("PITCH", imu.pitch), ("YAW", imu.yaw % 360), ("QUATERNION_W", turn)]
    for name, (limit, factor) in _AXES.items():
        values = [(axis, getattr(imu, f"{name}_{axis}") * factor) for axis in "xyz"]
        if payload and all(abs(value) <= limit for _, value in values):
            found += [(f"{name.upper()}_{axis.upper()}", value) for axis, value in values]
    return found
