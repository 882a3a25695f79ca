"""Run a simulated MATRIX Voice behind MALOS' ports, as a test of your own program would.

    .venv/bin/python examples/board_in_a_test.py

It prints where the service listens, what LED 1 shows, and the level of pin 3.
"""

import asyncio

from indi_matrix.simulator import Kind, MalosService, SimulatedBoard


async def main() -> None:
    """Start the service on free ports, and do to the board what the world would do."""
    board = SimulatedBoard(Kind.VOICE)
    async with MalosService(board, info_port=0) as service:
        board.set_input(3, level=True)
        print(service.address, board.leds[0], board.level(3))


asyncio.run(main())
