"""How a transport reaches a driver of anybody's: the private parts of indipydriver that it needs for that."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, Protocol
from xml.etree import ElementTree as ET

from indipydriver import IPyDriver

from indi_matrix.indi.transport.driver import DirectDriver, DirectTransport, log_failure

GRACE: Final = 0.6  # seconds that a driver has between being asked to stop and being cancelled


class Transport(Protocol):
    """What a driver talks through: the hook that the library made for its own server."""

    async def run_rx(self) -> None:
        """Run as long as the driver runs."""

    async def run_tx(self, element: ET.Element, /) -> None:
        """Send one message of the driver."""

    def shutdown(self) -> None:
        """Come to an end: called by the driver, possibly more than once."""


class Receiver(Protocol):
    """Whatever takes messages: a driver, a program that is one, another server."""

    def __contains__(self, device: object, /) -> bool:
        """Return whether this device is behind it."""

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


async def deliver(receiver: Receiver, element: ET.Element) -> None:
    """Hand over one message; what goes wrong in there is logged and ends nothing."""
    if element.tag == "message" and isinstance(receiver, IPyDriver):
        return  # it has no event for what other devices say in words
    try:
        await receiver._readdata(element)  # noqa: SLF001
    except Exception as error:  # noqa: BLE001 - code of others, about which nothing is known
        log_failure(element, error)


def take(receiver: Receiver, element: ET.Element) -> bool:
    """Hand over one message without waiting; return whether that could be done, as with writes to our driver."""
    try:
        return isinstance(receiver, DirectDriver) and receiver.take(element)
    except Exception as error:  # noqa: BLE001 - code of others too, as anybody may derive from our driver
        log_failure(element, error)
        return True


def send_posted(receiver: Receiver) -> None:
    """Have our driver send what it holds back while somebody does not keep up; others hold back nothing."""
    if isinstance(receiver, DirectDriver):
        receiver.send_posted()


async def run(driver: Driver) -> None:
    """Run a driver to its end; once it was asked to stop it has a short grace, then it is cancelled.

    The library's own asyncrun may sleep for a second before it sees that it was asked.
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
