"""What an info reply is read as."""

import pytest

from indi_matrix.errors import LinkError
from indi_matrix.malos.info import parse_info
from indi_matrix.malos.messages import MalosDriverInfo


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
