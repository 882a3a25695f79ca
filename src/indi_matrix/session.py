"""One visit to a MALOS service: connect, let the devices work, until the service is lost."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final, NoReturn

import zmq
import zmq.asyncio

from indi_matrix.devices import Device
from indi_matrix.errors import LinkError
from indi_matrix.malos.info import ServiceInfo, request_info, why_silent
from indi_matrix.malos.link import Link, open_link
from indi_matrix.settings import Address

ANSWER_LIMIT: Final = 5.0
"""Seconds in which a service must have answered on all ports that are used."""


_SILENT: Final = "MALOS answers, but its Everloop driver does not tell how many LEDs there are"


async def visit(
    context: zmq.asyncio.Context, address: Address, devices: Sequence[Device], ready: Callable[[], None]
) -> NoReturn:
    """Connect the devices to the service at an address, call `ready`, and let them run.

    Raises:
        LinkError: There is no such service within 5 s, or it is lost; the text names address and cause.
    """
    answered = False
    try:
        async with asyncio.timeout(ANSWER_LIMIT) as limit, AsyncExitStack() as links:
            info = await request_info(context, address)
            answered = True
            await _run(await _open_links(context, address, info, devices, links), limit, ready)
    except TimeoutError:
        cause = _SILENT if answered else await why_silent(address)
    except LinkError as error:
        cause = str(error)
    except zmq.ZMQError as error:  # no more file descriptors, say
        cause = error.strerror
    except ExceptionGroup as group:
        lost, others = group.split(LinkError)
        if lost is None or others is not None:
            raise
        cause = str(_first(lost))
    raise LinkError(f"{address}: {cause}")


async def _open_links(
    context: zmq.asyncio.Context,
    address: Address,
    info: ServiceInfo,
    devices: Sequence[Device],
    links: AsyncExitStack,
) -> list[tuple[Device, Link]]:
    """Return a link for each device whose driver the service has."""
    missing = [device.driver for device in devices if device.required and device.driver not in info]
    if missing:
        raise LinkError(f"the service has no {missing[0]} driver")
    return [
        (
            device,
            await links.enter_async_context(
                open_link(context, address.host, info[device.driver], newest_only=device.newest_only)
            ),
        )
        for device in devices
        if device.driver in info
    ]


async def _run(pairs: Sequence[tuple[Device, Link]], limit: asyncio.Timeout, ready: Callable[[], None]) -> None:
    """Let each device work on its link; the limit holds until all have begun."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for device, link in pairs:
                tasks.create_task(link.disconnection(), name=f"{device.driver} connection")
                tasks.create_task(_hear_errors(device, link), name=f"{device.driver} errors")
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
