"""The info port."""

import asyncio

import pytest
import zmq

from indi_matrix.malos.places import BASE_OFFSETS
from indi_matrix.simulator.drivers import DRIVERS
from tests.simulator.client import Client


def test_every_driver_is_made() -> None:
    assert tuple(DRIVERS) == tuple(BASE_OFFSETS)


async def test_it_lists_the_seven_drivers_with_their_flags(client: Client) -> None:
    info = await client.info()
    ports = client.service.info_port
    assert {name: driver.base_port - ports for name, driver in info.items()} == BASE_OFFSETS
    assert [name for name, driver in info.items() if not driver.provides_updates] == ["Servo", "Gpio"]
    assert [name for name, driver in info.items() if not driver.needs_pings] == ["Servo", "Gpio"]
    assert {driver.delay_between_updates for driver in info.values()} == {1000}
    assert {driver.timeout_after_last_ping for driver in info.values()} == {5000}


async def test_it_has_a_note_on_each_driver_for_people(client: Client) -> None:
    notes = {driver.notes_for_human for driver in (await client.info()).values()}
    assert len(notes) == len(BASE_OFFSETS)
    assert all(notes)


async def test_a_voice_says_the_same(client: Client, voice: Client) -> None:
    creator, other = await client.info(), await voice.info()
    assert list(creator) == list(other)


@pytest.mark.parametrize("body", [b"", b"\xff\xff", b"x" * 100_000])
async def test_what_is_asked_does_not_matter(client: Client, body: bytes) -> None:
    assert len(await client.info(body)) == 7


async def test_it_follows_accepted_times(client: Client) -> None:
    await client.configure("UV", delay_between_updates=0.25, timeout_after_last_ping=7.5)
    info = await client.info()
    assert (info["UV"].delay_between_updates, info["UV"].timeout_after_last_ping) == (250, 7500)
    assert info["IMU"].delay_between_updates == 1000


async def test_a_request_of_two_frames_kills_the_service(client: Client) -> None:
    service = client.service
    requester = client.connect(zmq.REQ, service.info_port)
    await requester.send_multipart([b"", b""])
    await service.wait_stopped()
    assert not service.running
    assert service.stopped_by == "an info request of 2 frames"
    # That request is lost; the next one waits for the next service.
    other = client.connect(zmq.REQ, service.info_port)
    await other.send(b"")
    await service.start()
    assert await other.recv()
    assert not await requester.poll(20)
    assert client.service.stopped_by is None


async def test_death_closes_all_ports(client: Client) -> None:
    service = client.service
    requester = client.connect(zmq.REQ, service.info_port)
    await requester.send_multipart([b"", b""])
    await service.wait_stopped()
    for port in (service.info_port, service.ports["Gpio"].updates):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(service.host, port)
