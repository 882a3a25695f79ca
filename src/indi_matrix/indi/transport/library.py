"""How a transport reaches any IPyDriver, ours or not: the private parts of indipydriver that this takes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol
from xml.etree import ElementTree as ET

from indipydriver import IPyDriver

from indi_matrix.indi.transport.driver import DirectDriver, DirectTransport, log_failure
from indi_matrix.indi.wire.write import Write

GRACE: Final = 0.6  # seconds that a driver has between being asked to stop and being cancelled


class Transport(Protocol):
    """A transport as a driver uses it: the hook that the library made for its own server."""

    async def run_rx(self) -> None:
        """Run as long as the driver runs."""

    async def run_tx(self, element: ET.Element, /) -> None:
        """Send one message of the driver."""

    def shutdown(self) -> None:
        """Come to an end: called by the driver, possibly more than once."""


class Receiver(Protocol):
    """An object that takes messages: a driver, an external driver program, another server."""

    def __contains__(self, device: object, /) -> bool:
        """Return whether the receiver has this device."""

    def _readdata(self, element: Any, /) -> Coroutine[Any, Any, None]: ...


class Driver(Receiver, Protocol):
    """What a transport uses of any IPyDriver."""

    shutdownrequested: asyncio.Event

    def asyncrun(self) -> Coroutine[Any, Any, None]:
        """Run the driver."""

    def shutdown(self) -> None:
        """Ask the driver to stop."""


def set_transport(driver: Any, transport: Transport) -> None:
    """Make a driver talk through a transport instead of stdin and stdout."""
    driver._commsobj = transport  # noqa: SLF001
    if isinstance(driver, DirectDriver) and isinstance(transport, DirectTransport):
        driver.direct = transport


async def deliver(receiver: Receiver, message: ET.Element | Write) -> None:
    """Hand a message to a receiver; an error of the receiver is logged, and ends nothing."""
    if message.tag == "message" and isinstance(receiver, IPyDriver):
        return  # indipydriver has no event for texts of other devices
    try:
        if not isinstance(message, Write):
            await receiver._readdata(message)  # noqa: SLF001
        elif isinstance(receiver, DirectDriver):
            await receiver.accept(message)
        else:
            await receiver._readdata(message.element())  # noqa: SLF001
    except Exception as error:  # noqa: BLE001 - code of others, about which nothing is known
        log_failure(message, error)


def direct_way(receiver: Receiver) -> Callable[[Write], bool]:
    """Return the `offer` of a driver of ours; for any other, which must be awaited, one that returns False."""
    return receiver.offer if isinstance(receiver, DirectDriver) else _has_to_wait


def bound_way(receiver: Receiver) -> Callable[[bytes], int]:
    """Return a driver's `carry_out_bound`; for a driver that is not ours, what returns 0."""
    return receiver.carry_out_bound if isinstance(receiver, DirectDriver) else _none_is_bound


def _has_to_wait(_: Write) -> bool:
    return False


def _none_is_bound(_: bytes) -> int:
    return 0


def send_posted(receiver: Receiver) -> None:
    """Have a driver of ours send what it holds back while a send buffer is full; others hold back nothing."""
    if isinstance(receiver, DirectDriver):
        receiver.send_posted()


async def run(driver: Driver) -> None:
    """Run a driver to its end; cancel it 0.6 s after it was asked to stop.

    The library's own asyncrun may sleep for a second before it notices the request.
    """
    running = asyncio.create_task(driver.asyncrun(), name=f"driver {type(driver).__name__}")
    asked = asyncio.create_task(driver.shutdownrequested.wait(), name="driver asked to stop")
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({running}, timeout=GRACE)
    finally:
        asked.cancel()
        cut_short = running.cancel()
        await asyncio.wait({running, asked})
    if not (cut_short and running.cancelled()):
        running.result()
