"""One visit to a MALOS service: connect, let the devices work, until the service is lost.

All that only a connected board needs comes with this module at the first connect: the devices, ZeroMQ, protobuf.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, NoReturn

import zmq
import zmq.asyncio

from indi_matrix.devices.matrix_device import Host, MatrixDevice
from indi_matrix.devices.polled_device import PolledDevice
from indi_matrix.devices.registry import DEVICES
from indi_matrix.errors import LinkError
from indi_matrix.malos.beat import Beat
from indi_matrix.malos.info import DriverInfo, Found, ServiceInfo, find_service, request_info
from indi_matrix.malos.link import Link, open_link
from indi_matrix.malos.messages import load
from indi_matrix.malos.places import Target
from indi_matrix.malos.silence import Obstacle, why_silent
from indi_matrix.malos.sockets import link_descriptors
from indi_matrix.system.descriptor_limit import Reserve, reserved

load()  # in the thread that loads this module, so that no update has to wait for it

log = logging.getLogger(__name__)

ANSWER_LIMIT: Final = 5.0
"""Seconds in which a service must have answered on all ports that are used."""


_ASKING: Final = 2.0
"""Seconds in which a service must answer a question for the timing of a driver."""

_SILENT: Final = "MALOS answers, but its Everloop driver does not tell how many LEDs there are"


def make_devices(host: Host) -> Sequence[MatrixDevice]:
    """Return the devices of a board."""
    return [device(host) for device in DEVICES]


async def visit(
    context: zmq.asyncio.Context,
    target: Target,
    devices: Sequence[MatrixDevice],
    ready: Callable[[], None],
    warn: Callable[[str], None] | None = None,
) -> NoReturn:
    """Connect the devices to a service, call `ready`, and let them run.

    While the service does not answer, `warn` is called once with the cause, as soon as that is known.

    Raises:
        LinkError: The service does not answer within 5 s, or is lost; the text names the service and the cause.
    """
    answered = False
    try:
        async with asyncio.timeout(ANSWER_LIMIT) as limit, AsyncExitStack() as links:
            with reserved(sum(_descriptors(device, target) for device in devices)) as reserve:
                found = await _find(context, target, warn)
                answered = True
                pairs = await _open_links(context, found, devices, links, reserve)
            await _run(pairs, limit, ready, partial(request_info, context, found.place))
    except TimeoutError:
        cause = _SILENT if answered else (await why_silent(target)).text
    except LinkError as error:
        cause = str(error)
    except zmq.ZMQError as error:  # such as too few file descriptors
        cause = error.strerror
    except ExceptionGroup as group:
        lost, others = group.split(LinkError)
        if lost is None or others is not None:
            raise
        cause = str(_first(lost))
    raise LinkError(f"{target.short}: {cause}")


def _descriptors(device: MatrixDevice, target: Target) -> int:
    return link_descriptors(target, publishes=device.publishes)


async def _find(context: zmq.asyncio.Context, target: Target, warn: Callable[[str], None] | None) -> Found:
    """Wait for the service and return it; meanwhile warn of what keeps it from answering."""
    if warn is None:
        return await find_service(context, target)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_warn_of_obstacle(target, warn), name=f"look for {target.short}")
        found = await find_service(context, target)
        looking.cancel()
    return found


async def _warn_of_obstacle(target: Target, warn: Callable[[str], None]) -> None:
    """Warn of what keeps a service from answering; not of one that takes connections, as it may only be slow."""
    silence = await why_silent(target)
    if silence.obstacle is not Obstacle.HUNG:
        warn(f"{target.short}: {silence.text}; trying for {ANSWER_LIMIT:g} s")


async def _open_links(
    context: zmq.asyncio.Context,
    found: Found,
    devices: Sequence[MatrixDevice],
    links: AsyncExitStack,
    reserve: Reserve,
) -> list[tuple[MatrixDevice, Link]]:
    """Open a link for each device whose driver the service has, with its share of the reserved descriptors."""
    drivers = found.drivers
    missing = [device.driver for device in devices if device.required and device.driver not in drivers]
    if missing:
        raise LinkError(f"the service has no {missing[0]} driver")
    pairs = []
    for device in devices:
        if device.driver in drivers:
            reserve.give(_descriptors(device, found.place))
            opening = open_link(
                context, found.place, drivers[device.driver],
                newest_only=device.newest_only, publishes=device.publishes,
            )  # fmt: skip
            pairs.append((device, await links.enter_async_context(opening)))
    return pairs


async def _run(
    pairs: Sequence[tuple[MatrixDevice, Link]],
    limit: asyncio.Timeout,
    ready: Callable[[], None],
    ask: Callable[[], Awaitable[ServiceInfo]],
) -> None:
    """Let each device work on its link; the time limit ends once all have begun."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for device, link in pairs:
                tasks.create_task(_hear_errors(device, link), name=f"{device.driver} errors")
                if device.publishes:
                    tasks.create_task(link.disconnection(), name=f"{device.driver} connection")
                    tasks.create_task(_follow_timing(device, link, ask), name=f"{device.driver} timing")
            async with asyncio.TaskGroup() as beginnings:
                for device, link in pairs:
                    beginnings.create_task(device.begin(link))
            limit.reschedule(None)
            ready()
            present = [(device, link) for device, link in pairs if device.found]
            _read_together(present)
            for device, link in present:
                if device.publishes:
                    tasks.create_task(link.keep_alive(), name=f"{device.driver} pings")
                tasks.create_task(device.run(), name=f"{device.driver} updates")
    finally:
        for device, _ in pairs:
            device.end()


def _read_together(present: Sequence[tuple[MatrixDevice, Link]]) -> None:
    """Have the data updates of all drivers read with those of the one that follows POLLING_PERIOD."""
    publishing = [(device, link) for device, link in present if device.publishes]
    leader = next((link for device, link in publishing if isinstance(device, PolledDevice)), None)
    if leader is not None:
        followers = [link for _, link in publishing if link is not leader]
        Beat(leader, followers, [link for device, link in publishing if not device.updates_tell])


async def _follow_timing(device: MatrixDevice, link: Link, ask: Callable[[], Awaitable[ServiceInfo]]) -> NoReturn:
    """Ask the service for the timing of a driver whenever its updates come at another pace than expected."""
    while True:
        doubt = await link.doubt()
        if link.settle(doubt, await _ask_for_info(device, ask)):
            device.timing_changed()


async def _ask_for_info(device: MatrixDevice, ask: Callable[[], Awaitable[ServiceInfo]]) -> DriverInfo | None:
    """Ask the service for the info of a device's driver; return None if there is no answer, or no such driver."""
    try:
        async with asyncio.timeout(_ASKING):
            return (await ask()).get(device.driver)
    except (TimeoutError, LinkError, zmq.ZMQError) as error:
        log.debug("the timing of %s stays in doubt: %s", device.driver, error)
        return None


async def _hear_errors(device: MatrixDevice, link: Link) -> NoReturn:
    """Pass on the error texts of a driver."""
    while True:
        device.report_driver_error(await link.error())


def _first(group: BaseExceptionGroup[LinkError]) -> BaseException:
    """Return the first single exception in a group."""
    leaf: BaseException = group
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf
