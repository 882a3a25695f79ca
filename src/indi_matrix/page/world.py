"""The simulated boards behind the page: what browsers see of them, and what they may do to them."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Protocol

from indi_matrix.errors import MatrixError, WriteError
from indi_matrix.indi.wire.values import shortened
from indi_matrix.malos import messages
from indi_matrix.malos.messages import MessageClass
from indi_matrix.page.browser_side.browser_requests import Request, text_of
from indi_matrix.page.browser_side.page_messages import Message
from indi_matrix.settings import PIN_COUNT
from indi_matrix.simulator import Failure, MalosService, SimulatedBoard
from indi_matrix.texts import printable

_LONGEST_LINE: Final = 200  # characters of the log
_UPDATES: Final[Mapping[str, MessageClass]] = {
    "Everloop": messages.EverloopImage, "Gpio": messages.GpioParams, "Humidity": messages.Humidity,
    "IMU": messages.Imu, "Pressure": messages.Pressure, "UV": messages.UV,
}  # fmt: skip
_WEATHER: Final = frozenset({"Humidity", "Pressure", "UV"})
_PASCAL: Final = 100  # of a hectopascal
_RANGES: Final = {"celsius": (-40, 120), "humidity": (0, 100), "hectopascal": (300, 1100), "uv": (0, 16)}


class Hardware(Protocol):
    """A simulated board and its service, which may come and go."""

    malos: MalosService | None
    malos_changed: Callable[[], None] | None

    @property
    def board(self) -> SimulatedBoard:
        """The board, which stays."""


class LastingHardware:
    """A simulated board whose service stays, running or not."""

    def __init__(self, service: MalosService) -> None:
        self.board = service.board
        self.malos: MalosService | None = service
        self.malos_changed: Callable[[], None] | None = None


class SimulatedWorld:
    """All simulated boards, by the names of their INDI devices."""

    def __init__(self, hardware: Mapping[str, Hardware]) -> None:
        self._hardware = hardware
        self._changed: Callable[[str], None] = lambda _: None
        self._log: Callable[[Message], None] = lambda _: None
        self._wanted: Callable[[], bool] = lambda: False

    def attach(
        self, changed: Callable[[str], None], log: Callable[[Message], None], wanted: Callable[[], bool]
    ) -> None:
        """Have changes of boards told, and what MALOS hears and says while that is wanted."""
        self._changed, self._log, self._wanted = changed, log, wanted
        for name, hardware in self._hardware.items():
            hardware.board.watch(partial(changed, name))
            hardware.malos_changed = partial(self._listen, name)
            self._listen(name)

    def _listen(self, name: str) -> None:
        """Listen to a service that has come; tell that it came or went."""
        malos = self._hardware[name].malos
        if malos is not None:
            malos.config_seen = partial(self._heard_config, name)
            malos.ping_seen = partial(self._heard_ping, name)
            malos.said = partial(self._said, name)
            malos.state_changed = partial(self._changed, name)
        self._changed(name)

    # What is seen

    def boards(self) -> Iterator[str]:
        """Return the names of the boards."""
        return iter(self._hardware)

    def leds(self, board: str) -> bytes | None:
        """Return what the LEDs of a board show; None if this board is not simulated now."""
        hardware = self._hardware.get(board)
        return None if hardware is None or hardware.malos is None else _frame(hardware.board)

    def message(self, board: str) -> Message | None:
        """Return a board as browsers are shown it; None if there is no such board."""
        hardware = self._hardware.get(board)
        if hardware is None:
            return None
        shown = hardware.board
        angles = {str(pin): shown.servo_angle(pin) for pin in range(PIN_COUNT)}
        servos = {pin: degrees for pin, degrees in angles.items() if degrees is not None}
        return {
            "t": "world", "board": board, "kind": shown.kind.value, "inputs": shown.inputs, "levels": shown.levels,
            "directions": shown.directions, "servos": servos, "leds": _frame(shown).hex().upper(),
            "service": _state(hardware.malos), "weather": _weather(shown), "dead": sorted(shown.failed_sensors),
            "living": shown.climate is not None,
        }  # fmt: skip

    # The log

    def _heard_config(self, board: str, driver: str, frame: bytes) -> None:
        if self._wanted():
            self._tell(board, driver, _in_words(messages.DriverConfig, frame), heard=True)

    def _heard_ping(self, board: str, driver: str) -> None:
        if self._wanted():
            self._tell(board, driver, "ping", heard=True)

    def _said(self, board: str, driver: str, payload: bytes, is_update: bool) -> None:  # noqa: FBT001 - MALOS' hook
        if not self._wanted():
            return
        error = payload.decode(errors="replace")
        self._tell(board, driver, _in_words(_UPDATES.get(driver), payload) if is_update else error, heard=False)
        if driver in _WEATHER:
            self._changed(board)  # weather changes without a call of the board's watchers

    def _tell(self, board: str, driver: str, text: str, *, heard: bool) -> None:
        line = printable(text, _LONGEST_LINE)
        self._log({"t": "log", "board": board, "heard": heard, "driver": driver, "text": line})

    # What is done

    async def act(self, request: Request) -> None:
        """Do to a board what a browser asks for.

        Raises:
            WriteError: That cannot be done.
        """
        name = text_of(request, "board")
        hardware = self._hardware.get(name)
        if hardware is None:
            raise WriteError(f"there is no simulated board {shortened(name)}")
        match request.get("do"):
            case "input":
                hardware.board.set_input(_pin(request), _switch(request, "level"))
            case "weather":
                _set_weather(hardware.board, request)
            case "power":
                hardware.board.power_cycle()
            case "service":
                await _serve(name, hardware.malos, text_of(request, "state"))
            case "sensor":
                _fail(hardware.board, text_of(request, "driver"), dead=_switch(request, "dead"))
            case what:
                raise WriteError(f"nothing is known of {shortened(repr(what))} for a simulated board")


def _frame(board: SimulatedBoard) -> bytes:
    return b"".join(map(bytes, board.leds))


def _state(malos: MalosService | None) -> str:
    if malos is None or not malos.running:
        return "stopped"
    return "hung" if malos.hung else "runs"


def _weather(board: SimulatedBoard) -> Mapping[str, float]:
    readings = board.readings
    return {
        "celsius": round(readings.celsius, 2), "humidity": round(readings.humidity, 2),
        "hectopascal": round(readings.pascal / _PASCAL, 2), "uv": round(readings.uv, 3),
    }  # fmt: skip


def _in_words(kind: MessageClass | None, payload: bytes) -> str:
    """Return a message as one line; its length where it has no other words."""
    message = None if kind is None else kind.read(payload)
    text = "" if message is None else " ".join(str(message).split())
    return text or f"{len(payload)} bytes"


def _pin(request: Request) -> int:
    pin = request.get("pin")
    if type(pin) is not int or not 0 <= pin < PIN_COUNT:
        raise WriteError(f"pins go from 0 to {PIN_COUNT - 1}, not {shortened(repr(pin))}")
    return pin


def _switch(request: Request, key: str) -> bool:
    value = request.get(key)
    if not isinstance(value, bool):
        raise WriteError(f"{key} is true or false, not {shortened(repr(value))}")
    return value


def _set_weather(board: SimulatedBoard, request: Request) -> None:
    """Set the readings that a request names, once all of them are known to be good."""
    if request.get("live") is True:
        board.live_again()
        return
    values = {name: _reading(name, request[name]) for name in _RANGES if name in request}
    if not values:
        raise WriteError(f"the weather is {', '.join(_RANGES)}, or live")
    setters: Mapping[str, Callable[[float], Any]] = {
        "celsius": board.warm, "humidity": board.set_humidity, "uv": board.set_uv,
        "hectopascal": lambda value: board.set_pressure(value * _PASCAL),
    }  # fmt: skip
    for name, value in values.items():
        setters[name](value)


def _reading(name: str, value: Any) -> float:
    lowest, highest = _RANGES[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest or math.isnan(value):
        raise WriteError(f"{name} goes from {lowest} to {highest}, not {shortened(repr(value))}")
    return float(value)


def _fail(board: SimulatedBoard, driver: str, *, dead: bool) -> None:
    try:
        if dead:
            board.fail_sensor(driver, Failure.DEAD)
        else:
            board.heal_sensor(driver)
    except ValueError as error:
        raise WriteError(str(error)) from None


async def _serve(name: str, malos: MalosService | None, state: str) -> None:
    """Bring a service into a state."""
    if malos is None:
        raise WriteError(f"{name} has no simulated MALOS: it is not connected, or SIMULATION is off")
    match state:
        case "stop":
            await malos.stop()
        case "start" if not malos.running:
            try:
                await malos.start()
            except (MatrixError, OSError) as error:
                raise WriteError(f"the service cannot start: {error}") from error
        case "hang" if malos.running:
            malos.hang()
        case "start" | "resume" if malos.running:
            malos.resume()
        case "hang" | "resume":
            raise WriteError("the service does not run")
        case _:
            raise WriteError(f"a service is told stop, start, hang or resume, not {shortened(state)}")
