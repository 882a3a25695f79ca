"""A board whose sensors fail and heal, all that it ever measured, and what clients may be shown of that."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import zmq
import zmq.asyncio

from indi_matrix import make_driver
from indi_matrix.malos.messages import DriverConfig, Humidity, HumidityParams, Imu
from indi_matrix.simulator import Climate, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.driver.good_readings import DRIVER_OF, GOOD, REASONS, dew_point_of, motion_in, weather_in, within
from tests.programs import PATIENCE

Act = tuple[str, tuple[Any, ...]]
Values = dict[str, float]

WEATHER = "WEATHER_PARAMETERS"
MOTION = {
    "ORIENTATION": ("ROLL", "PITCH", "YAW", "QUATERNION_W"),
    "ACCELERATION": ("ACCEL_X", "ACCEL_Y", "ACCEL_Z"),
    "GYROSCOPE": ("GYRO_X", "GYRO_Y", "GYRO_Z"),
    "MAGNETOMETER": ("MAG_X", "MAG_Y", "MAG_Z"),
}
_VECTORS = (WEATHER, *MOTION)
_ALL = ("TEMPERATURE", "HUMIDITY", "PRESSURE", "DEWPOINT", "UV")


@dataclass
class WeatherLife:
    """Acts on a board, its service and its clients, one after another.

    Attributes:
        ever: All values that the board had as good, by the member that shows them.
        fresh: Those since the service was lost or clients disconnected last: older ones are not good any more.
        calibrator: Whose calibration the service follows.
        foreign: Configs of another program that did not arrive yet.
        references: How many references clients wrote.
        faults: What must not be.
        judged: How much of what clients heard was looked at.
        shown: The values that they were shown last, by property.
        said: Set when something was published, or a config came.
        lying: Whether what is published now was not measured.
    """

    indi: IndiClient
    service: MalosService
    ever: dict[str, set[float]] = field(default_factory=dict)
    fresh: dict[str, set[float]] = field(default_factory=dict)
    calibrator: str = ""
    correction: float = 0.0
    foreign: list[bytes] = field(default_factory=list)
    references: int = 0
    faults: list[str] = field(default_factory=list)
    judged: int = 0
    shown: dict[str, Values] = field(default_factory=dict)
    said: asyncio.Event = field(default_factory=asyncio.Event)
    lying: bool = False

    # What the board measures

    def note_config(self, driver: str, frame: bytes) -> None:
        """Record who calibrates; without a reference of a client, no config may come from the driver."""
        self.said.set()
        if driver != "Humidity":
            return
        if foreign := frame in self.foreign:
            self.foreign.remove(frame)
        elif not self.references:
            self.faults.append(f"calibrated by {DriverConfig.FromString(frame)}")
        if self.service.board.sensed("Humidity") is not None:  # a silent sensor cannot be calibrated
            self.calibrator = "another" if foreign else "client"

    def note_update(self, driver: str, payload: bytes, is_update: bool) -> None:
        """Record what the board measured, if that is good."""
        self.said.set()
        if not is_update or self.lying:
            return
        good = motion_in(payload) if driver == "IMU" else []
        for name, value in good or weather_in(driver, payload, believed=self.calibrator == "client"):
            self.ever.setdefault(name, set()).add(round(value, 4))
            self.fresh.setdefault(name, set()).add(round(value, 4))
        if driver == "Humidity" and self.calibrator == "client":
            humid = Humidity.FromString(payload)
            self.correction = humid.temperature_raw - humid.temperature

    # What clients are shown

    def judge(self) -> None:
        """See that clients are shown good values only, since the last time, and fresh ones where they are Ok."""
        for element in self.indi.heard[self.judged :]:
            name = element.get("name", "")
            if name in _VECTORS and element.tag != "delProperty":
                shown = self.shown.setdefault(name, {})
                shown |= {one.get("name", ""): float(one.text or "nan") for one in element}
                self._judge_values(name, element.get("state", ""), shown)
        self.judged = len(self.indi.heard)

    def _judge_values(self, vector: str, state: str, shown: Mapping[str, float]) -> None:
        for member, value in shown.items():
            good = self.fresh if state == "Ok" else self.ever
            # Before the first reading there is a 0, but not as a good value.
            first = state != "Ok" and value == 0
            near = min((abs(value - one) for one in good.get(member, ())), default=99.0)
            if not first and not near < (0.0101 if vector == WEATHER else 0.0002):
                self.faults.append(f"{vector}.{member} is {state} at {value}, not {good.get(member)}")

    def _forget(self) -> None:
        """Have no value be good that the board measured until now."""
        self.judge()
        self.fresh.clear()

    # Acts

    async def live(self, acts: list[Act]) -> None:
        for name, arguments in acts:
            act: Callable[..., Awaitable[None]] = getattr(self, name)
            await act(*arguments)
        await self.up()
        await self._fails_are_told()
        await self._heals()
        self.judge()
        assert not self.faults, self.faults[:3]

    async def measure(self, verb: str, value: float) -> None:
        getattr(self.service.board, verb)(value)

    async def move(self, name: str, value: float) -> None:
        self.service.board.move(**{name: value})

    async def live_again(self) -> None:
        self.service.board.live_again()

    async def fail(self, driver: str, how: str) -> None:
        self.service.board.fail_sensor(driver, how)

    async def heal(self, driver: str) -> None:
        self.service.board.heal_sensor(driver)

    async def power_cycle(self) -> None:
        self.service.board.power_cycle()

    async def dwell(self, updates: int) -> None:
        """Let the service publish something so many times, but not for long: it may say nothing."""
        for _ in range(updates):
            self.said.clear()
            try:
                async with asyncio.timeout(0.05):
                    await self.said.wait()
            except TimeoutError:
                return

    async def lie(self, driver: str, payload: bytes) -> None:
        """Publish what the board did not measure; zeros of UV cannot be told from what it measures at night."""
        if self.service.running:
            self.lying = driver != "UV" or bool(payload)
            self.service.publish_update(driver, payload)
            self.lying = False

    async def calibrate(self, reference: float) -> None:
        """Calibrate as another program does, unless that is too like what the client wants to be told apart."""
        near = abs(self.service.board.readings.celsius - reference - self.correction) < 4
        if near or not self._works():
            return
        frame = bytes(DriverConfig(humidity=HumidityParams(current_temperature=reference)).SerializeToString())
        self.foreign.append(frame)
        with zmq.asyncio.Context() as context, context.socket(zmq.PUSH) as socket:
            socket.connect(f"tcp://127.0.0.1:{self.service.ports['Humidity'].base}")
            await socket.send(frame)
            async with asyncio.timeout(PATIENCE):
                while frame in self.foreign:
                    self.said.clear()
                    await self.said.wait()

    async def reference(self, below: float) -> None:
        """Write a reference that is so many degrees below what the sensor measures."""
        celsius = self.service.board.readings.celsius - below
        if "TEMPERATURE_CALIBRATION" in self.indi.known and 0 < celsius < 30:
            self.references += 1
            await self.indi.write("TEMPERATURE_CALIBRATION", REFERENCE=round(celsius, 2))

    async def refresh(self) -> None:
        if WEATHER in self.indi.known:
            await self.indi.write("WEATHER_REFRESH", REFRESH="On")

    async def period(self, seconds: int) -> None:
        if WEATHER in self.indi.known:
            await self.indi.write("WEATHER_UPDATE", PERIOD=seconds)

    async def rate(self, rate: int) -> None:
        if "UPDATE_RATE" in self.indi.known:
            await self.indi.write("UPDATE_RATE", RATE=rate)

    async def restart(self) -> None:
        """Stop the service, and start it before anybody knows."""
        if self._works():
            await self.service.stop()
            await self._start()

    async def stop(self, verbs: list[Act]) -> None:
        """Lose the service for a while, in which the board changes: then old values are not shown as good."""
        if not self._works():
            return
        await self.service.stop()
        await self._lost()
        for name, arguments in verbs:
            await getattr(self, name)(*arguments)
        await self._start()

    async def hang(self, seconds: float) -> None:
        """Have the service hang: for an instant, or until it is given up."""
        if self._works():
            self.service.hang()
            if seconds:
                await self._lost()
            else:
                await self.dwell(3)
            self.service.resume()

    async def _lost(self) -> None:
        """Wait until clients know that the service is lost."""
        if self.indi.known["CONNECTION"].on == ["CONNECT"]:
            await self.indi.in_state("CONNECTION", "Busy")
            await self.indi.fence()
            shown = {self.indi.known[name].state for name in _VECTORS if name in self.indi.known}
            if not shown <= {"Alert"}:
                self.faults.append(f"in an outage there is {shown}")
        self._forget()

    async def disconnect(self, verbs: list[Act]) -> None:
        """Disconnect for a while, in which the board changes, and connect."""
        if self._works():
            await self.indi.write("CONNECTION", DISCONNECT="On")
            self._forget()
            for name, arguments in verbs:
                await getattr(self, name)(*arguments)
            await self.up()

    def _works(self) -> bool:
        return self.service.running and not self.service.hung

    async def _start(self) -> None:
        self.calibrator = ""
        await self.service.start()
        hurry(self.service)

    async def up(self) -> None:
        """Be connected, with every parameter of the weather critical."""
        if self.indi.known["CONNECTION"].on != ["CONNECT"]:
            await self.indi.connect()
        await self.indi.in_state("CONNECTION", "Ok")
        if WEATHER in self.indi.known:
            await self.indi.write("WEATHER_CRITICAL", **{f"WEATHER_{name}": "On" for name in _ALL})

    # What must hold in the end

    def _reasons(self) -> list[str]:
        """Return why readings of the weather are bad now."""
        board, found = self.service.board, []
        for name, limits in GOOD.items():
            driver = DRIVER_OF[name]
            readings = board.sensed(driver)
            if readings is None:
                found.append(f"update from the {driver} driver")
            elif driver != "UV" and not (readings.celsius or readings.pascal):
                found.append(f"the {driver} driver sends only zeros")
            elif not isfinite(getattr(readings, name)) or not within(getattr(readings, name), limits):
                found.append(REASONS[name])
        return found

    async def _fails_are_told(self) -> None:
        """See that what is bad is Alert with the reason, and what is good is Ok."""
        indi, reasons = self.indi, self._reasons()
        if WEATHER in indi.known:
            await indi.in_state(WEATHER, "Alert" if reasons else "Ok")
            await indi.until(lambda: all(self._told(reason) for reason in reasons))
            if reasons:
                await indi.in_state("SAFETY_STATUS", "Alert")
                await indi.in_state("WEATHER_STATUS", "Alert")
        if "ORIENTATION" in indi.known:
            await indi.until(lambda: {name: indi.known[name].state for name in MOTION} == self._motion_states())
            await indi.until(lambda: "Alert" not in self._motion_states().values() or self._told("IMU: "))

    def _told(self, reason: str) -> bool:
        return any(reason in one.get("message", "") for one in self.indi.heard)

    def _motion_states(self) -> dict[str, str]:
        """Return what the state of each property of the IMU has to be."""
        board, readings = self.service.board, self.service.board.sensed("IMU")
        if readings is None or (readings is board.sensed("IMU") and "IMU" in board.failed_sensors):
            return dict.fromkeys(MOTION, "Alert")
        names = dict(motion_in(bytes(Imu(**_fields(readings.motion)).SerializeToString())))
        return {name: "Ok" if set(members) <= names.keys() else "Alert" for name, members in MOTION.items()}

    async def _heals(self) -> None:
        """See that all is Ok once the board is healthy, and the weather is that of the board."""
        indi, board = self.indi, self.service.board
        board.live_again()
        for driver in ("IMU", "Humidity", "Pressure", "UV"):
            board.heal_sensor(driver)
        board.warm(20.25)
        board.set_humidity(50.5)
        board.set_pressure(99000.0)
        board.set_uv(1.5)
        if not {*_VECTORS} <= indi.known.keys():
            await self.disconnect([])
        for name in (*_VECTORS, "SAFETY_STATUS", "WEATHER_STATUS"):
            await indi.in_state(name, "Ok")
        async with asyncio.timeout(PATIENCE):
            while not self._is_shown():
                await indi.write("WEATHER_REFRESH", REFRESH="On")
                await indi.fence()

    def _is_shown(self) -> bool:
        known = self.indi.known
        calibrated = known["TEMPERATURE_CALIBRATION"].state == "Ok"
        celsius = 20.25 - (self.correction if calibrated else 0.0)
        right = (celsius, 50.5, 990.0, dew_point_of(20.25, 50.5), 1.5 * 1.34)
        shown = [float(known[WEATHER].values[f"WEATHER_{name}"]) for name in _ALL]
        return all(abs(one - other) < 0.0101 for one, other in zip(shown, right, strict=True))


def _fields(motion: Any) -> dict[str, float]:
    return {name: getattr(motion, name) for name in motion.__dataclass_fields__}


def hurry(service: MalosService) -> None:
    """Have a service that has just started publish often, and be missed soon."""
    for engine in service._engines.values():
        engine.delay_ms, engine.timeout_ms = 10, 500


@asynccontextmanager
async def weather_life() -> AsyncIterator[WeatherLife]:
    """A living board in the forenoon, connected."""
    async with (
        MalosService(SimulatedBoard(climate=Climate(hour=10.0)), info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        hurry(service)
        life = WeatherLife(await indi.get_properties(), service)
        service.config_seen, service.said = life.note_config, life.note_update
        await life.up()
        await life.period(1)
        yield life
