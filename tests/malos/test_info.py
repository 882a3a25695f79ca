"""What an info reply is read as."""

import asyncio

import pytest
import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.info import parse_info, request_info
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.malos.places import Place
from tests.programs import PATIENCE


def reply(**fields: object) -> bytes:
    message = MalosDriverInfo()
    message.info.add(driver_name="Gpio", base_port=20049, delay_between_updates=1000, timeout_after_last_ping=5000)
    message.info.add(driver_name="Other", **fields)
    return bytes(message.SerializeToString())


def test_drivers_by_name() -> None:
    drivers = parse_info(reply(base_port=30000, delay_between_updates=50, timeout_after_last_ping=2500))
    assert set(drivers) == {"Gpio", "Other"}
    assert (drivers["Gpio"].ports.base, drivers["Gpio"].delay, drivers["Gpio"].timeout) == (20049, 1.0, 5.0)
    other = drivers["Other"]
    assert (other.ports.keep_alive, other.ports.errors, other.ports.updates) == (30001, 30002, 30003)
    assert (other.delay, other.timeout) == (0.05, 2.5)


@pytest.mark.parametrize("port", [-1, 0, 65533, 2**31 - 1])
def test_a_driver_without_usable_ports_is_left_out(port: int) -> None:
    assert set(parse_info(reply(base_port=port))) == {"Gpio"}


def test_negative_times_are_none() -> None:
    other = parse_info(reply(base_port=1, delay_between_updates=-5, timeout_after_last_ping=-5))["Other"]
    assert (other.delay, other.timeout) == (0, 0)


@pytest.mark.parametrize("garbage", [b"\xff", b"\x0a\xff", b"HTTP/1.1 400 Bad Request"])
def test_garbage_is_no_reply(garbage: bytes) -> None:
    with pytest.raises(LinkError, match="not as MALOS does"):
        parse_info(garbage)


async def test_a_service_that_takes_long_for_each_answer_is_heard() -> None:
    """It answers one request after another: to ask again and again, each time as briefly, would never get one."""
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as answering:
        answering.linger = 0
        port = answering.bind_to_random_port("tcp://127.0.0.1")

        async def answer_slowly() -> None:
            while True:
                await answering.recv()
                await asyncio.sleep(1.2)
                await answering.send(reply(base_port=30000))

        answers = asyncio.create_task(answer_slowly())
        async with asyncio.timeout(PATIENCE):
            assert set(await request_info(context, Place("127.0.0.1", port))) == {"Gpio", "Other"}
        answers.cancel()
        await asyncio.wait({answers})
