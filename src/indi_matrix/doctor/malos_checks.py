"""Checks of the MALOS service and of the board behind it."""

import asyncio
import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import zmq.asyncio

from indi_matrix.devices.everloop.everloop import BOARDS, Everloop, led_count
from indi_matrix.devices.registry import DEVICES
from indi_matrix.doctor.check import LIMIT, Check, Level, failed, ok, warning
from indi_matrix.doctor.host_checks import examine_core_here
from indi_matrix.errors import LinkError
from indi_matrix.malos.info import DriverInfo, ServiceInfo, inquire
from indi_matrix.malos.link import Link, open_link
from indi_matrix.malos.places import BASE_OFFSETS, Place
from indi_matrix.malos.silence import Obstacle, Silence, why_place_silent
from indi_matrix.settings import INFO_PORT, Address

_USED: Final = {device.driver: device for device in DEVICES}

_MOST_DRIVERS: Final = 20
# Seconds: updates are watched for _WATCH, or for one period; a period above _SLOWEST is not measured.
_WATCH: Final = 0.5
_SLOWEST: Final = (LIMIT - 1) / 2
# The gap between two updates may differ from the stated delay by this part of it and this many seconds.
_TOLERANCE: Final = 0.25
_JITTER: Final = 0.05


async def examine_board(address: Address) -> list[Check]:
    """Check the service, and the ports and the updates of each of its drivers."""
    with zmq.asyncio.Context() as context:
        service = await inquire(context, address, LIMIT, links=len(BASE_OFFSETS))
        if isinstance(service, Silence):
            return _no_service(address, service)
        drivers = service.drivers
        checks = [_counted(address, len(drivers)), *_missing(drivers)]
        async with asyncio.TaskGroup() as tasks:
            found = [
                tasks.create_task(_examine_driver(context, service.place, driver), name=driver.name)
                for driver in _looked_at(drivers)
            ]
        return checks + [check for task in found for check in task.result()]


def _looked_at(drivers: ServiceInfo) -> list[DriverInfo]:
    """Return at most 20 drivers to examine, with all that are used: each takes file descriptors."""
    first = sorted(drivers.values(), key=lambda driver: driver.name not in _USED)
    return [driver for driver in drivers.values() if driver in first[:_MOST_DRIVERS]]


def _counted(address: Address, count: int) -> Check:
    text = f"MALOS at {address} has {count} drivers"
    if count <= _MOST_DRIVERS:
        return ok(text)
    return warning(f"{text}, of which {_MOST_DRIVERS} are looked at here", "see whether that is a MALOS of MATRIX")


def _no_service(address: Address, silence: Silence) -> list[Check]:
    check = failed(f"MALOS at {address}: {silence.text}", _remedy(address, silence.obstacle))
    nobody_here = silence.obstacle is Obstacle.REFUSED and _is_here(address.host)
    return [check, *(examine_core_here() if nobody_here else ())]


def _remedy(address: Address, obstacle: Obstacle) -> str:
    host, port = address.host, address.port
    where = "here" if _is_here(host) else f"on {host}"
    return {
        Obstacle.REFUSED: f"start MATRIX CORE {where}: {_START}; or do without a board: {_SIMULATE}",
        Obstacle.UNKNOWN: f"check how {host} is spelled, or use the host's IP address",
        Obstacle.UNTOLD: f"look at the name server of this machine, or use the IP address of {host}",
        Obstacle.AWAY: f"see that {host} is on, in this network, and lets port {port} through its firewall",
        Obstacle.HUNG: f"restart MATRIX CORE {where}: {_RESTART_COMMAND}",
        Obstacle.SHORTAGE: "let this program have more: ulimit -n 1024",
        Obstacle.FOREIGN: f"look what listens on port {port} {where}; MALOS' info port is {INFO_PORT}",
    }[obstacle]


def _is_here(host: str) -> bool:
    """Return whether a host is a loopback address or `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_START: Final = "sudo systemctl start matrixio-malos"
_RESTART_COMMAND: Final = "sudo systemctl restart matrixio-malos"
_SIMULATE: Final = "indi_matrix simulate"
_RESTART: Final = f"restart MATRIX CORE: {_RESTART_COMMAND}"


def _missing(drivers: ServiceInfo) -> Iterator[Check]:
    for name, device in _USED.items():
        if name not in drivers:
            level = Level.FAILED if device.required else Level.WARNING
            yield Check(
                level, f"MALOS has no {name} driver", "update MATRIX CORE: sudo apt install matrixio-malos"
            )


# One driver


@dataclass
class _Watched:
    """What a driver published while it was watched.

    Attributes:
        updates: Payloads of its data updates.
        gap: Mean seconds between two updates, None when there were fewer.
        errors: Its error texts.
    """

    updates: list[bytes] = field(default_factory=list)
    gap: float | None = None
    errors: list[str] = field(default_factory=list)


async def _examine_driver(context: zmq.asyncio.Context, place: Place, driver: DriverInfo) -> list[Check]:
    closed = await _closed_ports(place, driver)
    if closed:
        return [_no_ports(driver, closed)]
    ports = f"ports {driver.ports.base} to {driver.ports.updates}"
    try:
        async with asyncio.timeout(LIMIT) as limit, open_link(context, place, driver) as link:
            limit.reschedule(None)
            checks = [ok(f"{driver.name} {ports} take connections")]
            if driver.name in _USED and _USED[driver.name].publishes:
                checks += _judge(link, await _watch(link))
            return checks
    except TimeoutError:
        return [_no_ports(driver, f"{ports} take connections, but not as MALOS does")]


async def _closed_ports(place: Place, driver: DriverInfo) -> str:
    """Return which ports of a driver take no connections, and why; empty when all do."""
    ports = driver.ports
    named = {"base": ports.base, "keep-alive": ports.keep_alive, "error": ports.errors, "update": ports.updates}
    causes = await asyncio.gather(*(why_place_silent(Place(place.host, port)) for port in named.values()))
    return ", ".join(
        f"{what} port {port}: {cause.text}"
        for (what, port), cause in zip(named.items(), causes, strict=True)
        if cause.obstacle is not Obstacle.HUNG
    )


def _no_ports(driver: DriverInfo, told: str) -> Check:
    level = Level.FAILED if driver.name in _USED else Level.WARNING
    return Check(level, f"{driver.name} {told}", f"open these ports in the firewall, or {_RESTART}")


async def _watch(link: Link) -> _Watched:
    """Ping a driver, and return what it publishes over a few updates."""
    watched = _Watched()
    listening = asyncio.create_task(_note_errors(link, watched), name=f"{link.info.name} errors")
    try:
        with suppress(TimeoutError, LinkError):
            async with asyncio.timeout(min(LIMIT, 1 + 2 * link.info.delay)):
                await _measure(link, watched)
    finally:
        listening.cancel()
        await asyncio.wait({listening})
    return watched


async def _note_errors(link: Link, watched: _Watched) -> None:
    while True:
        watched.errors.append(await link.error())


async def _measure(link: Link, watched: _Watched) -> None:
    clock = asyncio.get_running_loop().time
    link.ping()
    watched.updates.append(await link.update())
    begun = clock()
    while link.info.delay <= _SLOWEST and clock() - begun < _WATCH:
        link.ping()
        watched.updates.append(await link.update())
        watched.gap = (clock() - begun) / (len(watched.updates) - 1)


# What was found


def _judge(link: Link, watched: _Watched) -> Iterator[Check]:
    yield _judge_clock(link.info, watched)
    yield _judge_errors(link.info, watched.errors)
    if link.info.name == Everloop.driver:
        yield _judge_leds(max(map(led_count, watched.updates), default=0))


def _judge_clock(driver: DriverInfo, watched: _Watched) -> Check:
    stated = f"{driver.delay * 1000:.0f} ms"
    if driver.delay > _SLOWEST:
        return warning(f"{driver.name} sends updates every {stated}, as it says", "shorten POLLING_PERIOD")
    if watched.gap is None:
        return failed(f"{driver.name} sends no updates, not every {stated}", _RESTART)
    found = f"{driver.name} sends updates every {watched.gap * 1000:.0f} ms"
    if abs(watched.gap - driver.delay) > driver.delay * _TOLERANCE + _JITTER:
        return warning(f"{found}, not every {stated}", "look for load on the board's host, and at the network")
    return ok(f"{found} ({stated} stated)")


def _judge_errors(driver: DriverInfo, errors: list[str]) -> Check:
    if errors:
        return warning(f"{driver.name} says: {errors[0]}", "another program may have sent it what it cannot do")
    return ok(f"{driver.name} error port {driver.ports.errors} is heard, and says nothing")


def _judge_leds(count: int) -> Check:
    if not count:
        return failed("Everloop does not tell how many LEDs it has", _RESTART)
    if count not in BOARDS:
        return warning(f"board unknown, with {count} LEDs", f"known are {', '.join(BOARDS.values())}")
    return ok(f"board {BOARDS[count]}, {count} LEDs")
