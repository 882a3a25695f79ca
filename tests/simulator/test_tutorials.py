"""What the tutorials of MATRIX do, one step after the other."""

import asyncio
from collections import deque
from functools import partial
from random import Random

import zmq

from indi_matrix.malos.messages import DriverConfig, GpioParams
from indi_matrix.simulator import Led, SimulatedBoard
from tests.simulator.client import OUTPUT, Client, LedValue, frame


async def test_everloop(client: Client, voice: Client) -> None:
    for one in (client, voice):
        await _everloop(one)


async def _everloop(client: Client) -> None:
    ports = client.service.ports["Everloop"]
    await client.connect(zmq.PUSH, ports.keep_alive).send_string("")
    counter = client.connect(zmq.SUB, ports.updates)
    counter.subscribe(b"")
    count = LedValue.FromString(await counter.recv()).green
    assert count == len(client.service.board.leds)
    pusher = client.connect(zmq.PUSH, ports.base)
    random = Random(count)
    for number in range(1, 6):
        leds = [Led(random.randint(0, 200), random.randint(0, 255), random.randint(0, 50)) for _ in range(count)]
        await pusher.send(frame(*leds, count=count))
        await client.service.board.wait_until(partial(_has_shown, number))
        assert client.service.board.leds == tuple(leds)
        await asyncio.sleep(0.05)


def _has_shown(frames: int, board: SimulatedBoard) -> bool:
    return board.frames == frames


async def test_gpio(client: Client) -> None:
    ports = client.service.ports["Gpio"]
    keep_alive = client.connect(zmq.PUSH, ports.keep_alive)
    values = client.connect(zmq.SUB, ports.updates)
    values.subscribe(b"")
    pusher = client.connect(zmq.PUSH, ports.base)
    client.service.board.set_inputs(0x0200)
    # A hundredth of the tutorial's times.
    times = DriverConfig(delay_between_updates=0.02, timeout_after_last_ping=0.35)
    await pusher.send(times.SerializeToString())
    seen: deque[list[str]] = deque(maxlen=100)
    for value in (1, 0, 1):
        config = DriverConfig(gpio={"pin": 0, "mode": OUTPUT, "value": value})
        await pusher.send(config.SerializeToString())
        await keep_alive.send_string("")
        while not seen or seen[-1][0] != str(value):
            register = GpioParams.FromString(await values.recv()).values
            seen.append(list(f"{register:016b}"[::-1]))
    assert all(len(pins) == 16 and pins[9] == "1" for pins in seen)
    assert "".join(seen[-1]) == "1000000001000000"
