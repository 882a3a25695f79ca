"""Pings and updates: the engine that all drivers share."""

import asyncio

import pytest
import zmq
import zmq.asyncio

from indi_matrix.malos.messages import DriverConfig
from indi_matrix.simulator.engine import whole_ms
from tests.simulator.client import Client, frame
from tests.stopwatch import Stopwatch, within

SILENCE_MS = 150


async def _count_until_silence(updates: zmq.asyncio.Socket, silence: int = SILENCE_MS) -> int:
    count = 0
    while await updates.poll(silence):
        await updates.recv()
        count += 1
    return count


async def test_nothing_comes_before_a_ping(client: Client) -> None:
    updates = await client.updates("IMU")
    await client.configure("IMU", delay_between_updates=0.02)
    assert not await updates.poll(SILENCE_MS)


async def test_one_ping_gives_as_many_updates_as_fit_its_time(client: Client) -> None:
    updates = await client.updates("IMU")
    await client.configure("IMU", delay_between_updates=0.1, timeout_after_last_ping=0.5)
    await client.ping("IMU")
    watch = Stopwatch()
    count = await _count_until_silence(updates, 4 * SILENCE_MS)
    # One that comes late by half a delay leaves no time for the fifth; a busy machine may be late by more.
    assert 4 - watch.waited // 0.1 <= count <= 5


async def test_another_ping_resumes_at_once(client: Client) -> None:
    updates = await client.updates("IMU")
    # Twice the 0.1 s in which an idle service looks for a ping, and more.
    await client.configure("IMU", delay_between_updates=0.05, timeout_after_last_ping=0.3)
    for _ in range(3):
        await client.ping("IMU")
        async with within(0.15):
            await updates.recv()
        await _count_until_silence(updates)


async def test_an_update_does_not_come_with_the_ping_but_soon_after(client: Client) -> None:
    updates = await client.updates("IMU")
    await client.ping("IMU")
    async with within(1):
        await updates.recv()


@pytest.mark.parametrize("frames", [(b"",), (b"anything",), (b"in", b"parts")])
async def test_what_a_ping_says_does_not_matter(client: Client, frames: tuple[bytes, ...]) -> None:
    updates = await client.updates("Gpio")
    await client.ping("Gpio", *frames)
    assert await updates.recv() == b""


async def test_steady_pings_leave_no_gap(client: Client) -> None:
    updates = await client.updates("Everloop")
    await client.send_taken("Everloop", _with_times(0.02, 1))

    async def ping() -> None:
        while True:
            await client.ping("Everloop")
            await asyncio.sleep(0.5)

    pinging = asyncio.create_task(ping())
    await updates.recv()
    for _ in range(100):
        watch = Stopwatch()
        await updates.recv()
        assert watch.seconds < 0.5
    pinging.cancel()


async def test_a_new_timeout_counts_from_the_next_ping(client: Client) -> None:
    updates = await client.updates("UV")
    await client.configure("UV", delay_between_updates=0.02, timeout_after_last_ping=0.2)
    await client.ping("UV")
    await updates.recv()
    await client.configure("UV", timeout_after_last_ping=30)
    assert await _count_until_silence(updates) <= 10
    await client.ping("UV")
    for _ in range(20):
        await updates.recv()


async def test_a_new_delay_does_not_end_the_sleep_under_way(client: Client) -> None:
    updates = await client.updates("UV")
    await client.configure("UV", delay_between_updates=1)
    await client.ping("UV")
    await updates.recv()
    await client.configure("UV", delay_between_updates=0.02)
    await client.ping("UV")
    assert not await updates.poll(250)
    await updates.recv()
    async with within(1):
        for _ in range(5):
            await updates.recv()


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [
        (0.001, 1),
        (0.02, 20),
        (0.0299, 29),
        (0.0009, 0),
        (2.5, 2500),
        # Single precision has no 0.251: what it has instead is a little lower, and cut.
        (0.251, 250),
        (1e10, -(2**31)),
        (3.4e38, -(2**31)),
        (float("inf"), -(2**31)),
    ],
)
def test_times_are_cut_to_whole_milliseconds(seconds: float, milliseconds: int) -> None:
    in_single_precision = DriverConfig(delay_between_updates=seconds).delay_between_updates
    assert whole_ms(in_single_precision) == milliseconds


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("-inf")])
async def test_times_not_above_zero_are_ignored(client: Client, seconds: float) -> None:
    await client.configure("IMU", delay_between_updates=seconds, timeout_after_last_ping=seconds)
    info = (await client.info())["IMU"]
    assert (info.delay_between_updates, info.timeout_after_last_ping) == (1000, 5000)


@pytest.mark.parametrize("seconds", [0.0009, float("inf")])
async def test_without_a_delay_the_others_still_get_their_turn(client: Client, seconds: float) -> None:
    updates = await client.updates("Pressure")
    await client.configure("Pressure", delay_between_updates=seconds)
    await client.ping("Pressure")
    for _ in range(200):
        await updates.recv()
    assert (await client.info())["Pressure"].delay_between_updates <= 0
    await client.configure("Pressure", delay_between_updates=1)
    assert (await client.info())["Pressure"].delay_between_updates == 1000


async def test_a_timeout_below_a_millisecond_ends_the_updates(client: Client) -> None:
    updates = await client.updates("IMU")
    await client.configure("IMU", delay_between_updates=0.02, timeout_after_last_ping=0.0001)
    await client.ping("IMU")
    assert not await updates.poll(SILENCE_MS)


async def test_all_clients_share_the_updates(client: Client) -> None:
    first, second = await client.updates("UV"), await client.updates("UV")
    while await first.recv() != b"last probe":
        pass  # what told that the second had subscribed
    await client.ping("UV")
    assert await first.recv() == await second.recv()


async def test_the_update_port_holds_back_few(client: Client) -> None:
    assert client.service._engines["UV"]._updates.sndhwm == 20
    assert client.service._engines["UV"]._errors.sndhwm == 20


@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER])
async def test_the_keep_alive_port_refuses_other_sockets(client: Client, kind: int) -> None:
    socket = client.socket(kind)
    monitor = client.monitor(socket, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_DISCONNECTED)
    socket.connect(f"tcp://{client.service.host}:{client.service.ports['IMU'].keep_alive}")
    assert await monitor.recv_multipart()
    assert client.pings.empty()


async def test_the_two_injected_faults_come_through(client: Client) -> None:
    updates, errors = await client.updates("UV"), await client.errors("UV")
    client.service.publish_update("UV", b"\xff")
    client.service.publish_error("UV", "no sun")
    assert (await updates.recv(), await errors.recv()) == (b"\xff", b"no sun")


def _with_times(delay: float, timeout: float) -> bytes:

    times = DriverConfig(delay_between_updates=delay, timeout_after_last_ping=timeout)
    return frame() + bytes(times.SerializeToString())
