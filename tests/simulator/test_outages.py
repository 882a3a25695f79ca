"""A service that starts, stops, restarts, hangs, or cannot start."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.malos.places import BASE_OFFSETS
from indi_matrix.settings import INFO_PORT
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from indi_matrix.simulator.free_ports import BLOCK, blocks_to_try
from tests.simulator.client import OUTPUT, Client, frame
from tests.stopwatch import within


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def _first_ephemeral_port() -> int:
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def _pin(pin: int, value: int) -> bytes:
    config = DriverConfig(gpio={"pin": pin, "mode": OUTPUT, "value": value})
    return bytes(config.SerializeToString())


def test_free_ports_are_looked_for_below_those_for_connections() -> None:
    for info_port in blocks_to_try():
        assert INFO_PORT + 40 < info_port < _first_ephemeral_port() - 40


async def test_the_ports_are_a_block_in_a_row(service: MalosService) -> None:
    assert service.address == f"127.0.0.1:{service.info_port}"
    assert service.ports["Gpio"].updates == service.info_port + 40
    assert set(service.ports) == set(BASE_OFFSETS)


async def test_two_services_do_not_meet(client: Client, voice: Client) -> None:
    await client.send_taken("Everloop", frame((1, 1, 1, 1)))
    assert (client.service.board.frames, voice.service.board.frames) == (1, 0)


@pytest.mark.parametrize("offset", [0, 1, 11, 40])
async def test_a_taken_port_is_named_and_nothing_stays_open(service: MalosService, offset: int) -> None:
    info_port = service.info_port
    await service.stop()
    with socket.create_server(("127.0.0.1", info_port + offset)):
        with pytest.raises(OSError, match=f"port {info_port + offset} ") as failure:
            await service.start()
        assert failure.value.errno == errno.EADDRINUSE
        assert not service.running
        assert [port for port in range(info_port, info_port + BLOCK) if not _is_free(port)] == [info_port + offset]
    await service.start()
    assert service.info_port == info_port


async def test_a_second_service_on_the_same_ports_fails_and_the_first_is_unharmed(client: Client) -> None:
    with pytest.raises(OSError, match="is taken"):
        await MalosService(SimulatedBoard(), info_port=client.service.info_port).start()
    assert len(await client.info()) == 7


async def test_another_machines_address_is_refused() -> None:
    with pytest.raises(OSError, match=r"port \d+ of 192\.0\.2\.1") as failure:
        await MalosService(SimulatedBoard(), "192.0.2.1", 0).start()
    assert failure.value.errno == errno.EADDRNOTAVAIL


async def test_names_and_ipv6_addresses_will_do() -> None:
    for host, address in (("localhost", "localhost:{}"), ("::1", "[::1]:{}")):
        async with MalosService(SimulatedBoard(), host, 0) as service:
            assert service.address == address.format(service.info_port)
            _, writer = await asyncio.open_connection(host, service.info_port)
            writer.close()
            await writer.wait_closed()


async def test_it_starts_once_and_stops_as_often_as_asked(service: MalosService) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        await service.start()
    await service.stop()
    await service.stop()
    await service.wait_stopped()
    assert (service.running, service.stopped_by) == (False, None)
    for publish in (service.publish_error, service.publish_update):
        with pytest.raises(LinkError):
            publish("UV", b"")


async def test_it_may_stop_before_it_ran() -> None:
    service = MalosService(SimulatedBoard(), info_port=0)
    await service.stop()
    await service.start()
    await service.stop()
    assert _is_free(service.info_port)


async def test_a_restart_forgets_times_and_pings_and_the_board_stays(client: Client) -> None:
    board = client.service.board
    await client.send_taken("Everloop", frame((1, 2, 3, 4)))
    await client.set_pin(3, OUTPUT, 1)
    await client.configure("UV", delay_between_updates=0.02, timeout_after_last_ping=60)
    updates = await client.updates("UV")
    await client.ping("UV")
    await updates.recv()
    await client.restart_service()
    assert (board.leds[0], board.levels, board.frames) == (Led(1, 2, 3, 4), 0x0008, 1)
    info = (await client.info())["UV"]
    assert (info.delay_between_updates, info.timeout_after_last_ping) == (1000, 5000)
    fresh = await client.updates("UV")
    assert not await fresh.poll(150)
    await client.ping("UV")
    await fresh.recv()


async def test_a_calibration_ends_with_the_service(client: Client) -> None:
    await client.configure("Humidity")
    await client.restart_service()
    updates = await client.updates("Humidity")
    await client.ping("Humidity")
    assert b"\x20\x01" not in await updates.recv()


async def test_what_was_sent_while_it_was_down_is_replayed_in_order(client: Client) -> None:
    service = client.service
    await service.stop()
    values: list[int] = []
    for value in (1, 0, 1, 1):
        await client.send("Gpio", _pin(4, value))
    service.board.watch(lambda: values.append(service.board.levels))
    await service.start()
    for value in (1, 0, 1, 1):
        assert await client.taken.get() == ("Gpio", _pin(4, value))
    assert values == [0, 0x0010, 0, 0x0010]


async def test_a_hung_service_takes_nothing_and_catches_up(client: Client) -> None:
    service = client.service
    await client.set_pin(4, OUTPUT, 0)
    updates = await client.updates("Gpio")
    await client.configure("Gpio", delay_between_updates=0.02, gpio={"pin": 4, "mode": OUTPUT})
    await client.ping("Gpio")
    await updates.recv()
    service.hang()
    assert (service.running, service.hung) == (True, True)
    while await updates.poll(50):
        await updates.recv()
    requester = client.connect(zmq.REQ, service.info_port)
    await requester.send(b"")
    for pin in range(8):
        await client.send("Gpio", _pin(pin, 1))
    assert not await requester.poll(100)
    assert (client.taken.qsize(), service.board.levels) == (0, 0)
    service.resume()
    assert not service.hung
    await service.board.wait_until(lambda b: b.levels == 0x00FF)
    assert await requester.recv()
    await updates.recv()


async def test_pings_to_a_hung_service_count_when_it_resumes(client: Client) -> None:
    updates = await client.updates("UV")
    await client.ping("UV")
    await updates.recv()
    client.service.hang()
    await client.pusher(client.service.ports["UV"].keep_alive).send(b"")
    assert not await updates.poll(50)
    client.service.resume()
    assert await client.pings.get() == "UV"


async def test_a_frame_on_the_bus_waits_for_the_resumption(client: Client) -> None:
    board = client.service.board
    board.bus_time = 0.02
    await client.send("Everloop", frame((1, 1, 1, 1)))
    await client.taken.get()
    client.service.hang()
    await client.send("Everloop", frame((2, 2, 2, 2)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.06):
            await board.wait_until(lambda b: b.frames)
    client.service.resume()
    await board.wait_until(lambda b: b.frames == 2)


async def test_what_a_hung_service_did_not_take_dies_with_it(client: Client) -> None:
    service = client.service
    service.hang()
    sender = zmq.asyncio.Context()
    with sender.socket(zmq.PUSH) as pusher:
        pusher.connect(f"tcp://{service.host}:{service.ports['Gpio'].base}")
        for pin in range(8):
            await pusher.send(_pin(pin, 1))
    sender.term()  # returns when the service's end of the connection has them all
    await service.stop()
    await service.start()
    assert not service.hung
    await client.set_pin(9, OUTPUT, 1)
    assert service.board.levels == 0x0200


async def test_a_stop_does_not_wait_for_a_slow_bus(client: Client) -> None:
    client.service.board.bus_time = 60
    await client.send("Everloop", frame())
    await client.taken.get()
    async with within(0.5):
        await client.service.stop()
    assert client.service.board.frames == 0


async def test_a_quiet_service_sleeps(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await client.configure("UV", timeout_after_last_ping=0.02)
    await client.ping("UV")
    updates = await client.updates("UV")
    while await updates.poll(150):
        await updates.recv()
    loop = asyncio.get_running_loop()
    wakes: list[float] = []
    run_once = loop._run_once  # type: ignore[attr-defined]

    def count_and_run() -> None:
        wakes.append(loop.time())
        run_once()

    monkeypatch.setattr(loop, "_run_once", count_and_run)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await client.service.wait_stopped()
    assert len(wakes) < 10


async def test_a_fault_in_a_hook_is_reported_and_ends_the_service() -> None:
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    async with MalosService(SimulatedBoard(Kind.VOICE), info_port=0) as service, Client(service) as client:

        def fail(driver: str, _: bytes) -> None:
            raise ValueError(driver)

        service.config_seen = fail
        await client.send("UV", b"")
        await service.wait_stopped()
    assert service.stopped_by is not None
    assert "fault of the simulator" in service.stopped_by
    assert len(reported) == 1
