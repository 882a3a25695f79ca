"""One visit to a MALOS service: connect, let the devices work, until the service is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, NoReturn

import zmq
import zmq.asyncio

from indi_matrix.devices import Device
from indi_matrix.errors import LinkError
from indi_matrix.malos.info import DriverInfo, Found, ServiceInfo, find_service, request_info
from indi_matrix.malos.link import Link, open_link
from indi_matrix.malos.silence import Obstacle, why_silent
from indi_matrix.settings import Address

log = logging.getLogger(__name__)

ANSWER_LIMIT: Final = 5.0
"""Seconds in which a service must have answered on all ports that are used."""


_ASKING: Final = 2.0
"""Seconds that a service has to state the timing of a driver."""

_SILENT: Final = "MALOS answers, but its Everloop driver does not tell how many LEDs there are"


async def visit(
    context: zmq.asyncio.Context,
    address: Address,
    devices: Sequence[Device],
    ready: Callable[[], None],
    hindered: Callable[[str], None] | None = None,
) -> NoReturn:
    """Connect the devices to the service at an address, call `ready`, and let them run.

    Meanwhile `hindered` is told once what keeps the service from answering, as soon as that is known.

    Raises:
        LinkError: There is no such service within 5 s, or it is lost; the text names address and cause.
    """
    answered = False
    try:
        async with asyncio.timeout(ANSWER_LIMIT) as limit, AsyncExitStack() as links:
            found = await _find(context, address, hindered)
            answered = True
            pairs = await _open_links(context, found, devices, links)
            await _run(pairs, limit, ready, partial(request_info, context, found.place))
    except TimeoutError:
        cause = _SILENT if answered else (await why_silent(address)).text
    except LinkError as error:
        cause = str(error)
    except zmq.ZMQError as error:  # no more file descriptors, say
        cause = error.strerror
    except ExceptionGroup as group:
        lost, others = group.split(LinkError)
        if lost is None or others is not None:
            raise
        cause = str(_first(lost))
    raise LinkError(f"{address.short}: {cause}")


async def _find(context: zmq.asyncio.Context, address: Address, hindered: Callable[[str], None] | None) -> Found:
    """Return the service at an address; what is in the way of that is told while it is waited for."""
    if hindered is None:
        return await find_service(context, address)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_look(address, hindered), name=f"look for {address}")
        found = await find_service(context, address)
        looking.cancel()
    return found


async def _look(address: Address, hindered: Callable[[str], None]) -> None:
    """Tell what is in the way to an address, if anything is."""
    silence = await why_silent(address)
    if silence.obstacle is not Obstacle.HUNG:
        hindered(f"{address.short}: {silence.text}")


async def _open_links(
    context: zmq.asyncio.Context, found: Found, devices: Sequence[Device], links: AsyncExitStack
) -> list[tuple[Device, Link]]:
    """Return a link for each device whose driver the service has."""
    drivers = found.drivers
    missing = [device.driver for device in devices if device.required and device.driver not in drivers]
    if missing:
        raise LinkError(f"the service has no {missing[0]} driver")
    return [
        (
            device,
            await links.enter_async_context(
                open_link(context, found.place, drivers[device.driver], newest_only=device.newest_only)
            ),
        )
        for device in devices
        if device.driver in drivers
    ]


async def _run(
    pairs: Sequence[tuple[Device, Link]],
    limit: asyncio.Timeout,
    ready: Callable[[], None],
    ask: Callable[[], Awaitable[ServiceInfo]],
) -> None:
    """Let each device work on its link; the limit holds until all have begun."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for device, link in pairs:
                tasks.create_task(link.disconnection(), name=f"{device.driver} connection")
                tasks.create_task(_hear_errors(device, link), name=f"{device.driver} errors")
                tasks.create_task(_follow_timing(device, link, ask), name=f"{device.driver} timing")
            async with asyncio.TaskGroup() as beginnings:
                for device, link in pairs:
                    beginnings.create_task(device.begin(link))
            limit.reschedule(None)
            ready()
            for device, link in pairs:
                tasks.create_task(link.keep_alive(), name=f"{device.driver} pings")
                tasks.create_task(device.run(), name=f"{device.driver} updates")
    finally:
        for device, _ in pairs:
            device.end()


async def _follow_timing(device: Device, link: Link, ask: Callable[[], Awaitable[ServiceInfo]]) -> NoReturn:
    """Ask the service for the timing of a driver whenever its updates come at another pace than expected."""
    while True:
        doubt = await link.doubt()
        if link.settle(doubt, await _stated(device, ask)):
            device.timing_changed()


async def _stated(device: Device, ask: Callable[[], Awaitable[ServiceInfo]]) -> DriverInfo | None:
    """Return what the service says of a driver; None if it says nothing, or cannot be asked."""
    try:
        async with asyncio.timeout(_ASKING):
            return (await ask()).get(device.driver)
    except (TimeoutError, LinkError, zmq.ZMQError) as error:
        log.debug("the timing of %s stays in doubt: %s", device.driver, error)
        return None


async def _hear_errors(device: Device, link: Link) -> NoReturn:
    """Pass on the error texts of a driver."""
    while True:
        device.complain(await link.error())


def _first(group: BaseExceptionGroup[LinkError]) -> BaseException:
    """Return the first single exception in a group."""
    leaf: BaseException = group
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf
