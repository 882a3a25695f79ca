"""What the simulator tells those who look on: what MALOS says, and whether it works."""

import zmq.asyncio

from indi_matrix.malos.info import find_service
from indi_matrix.malos.messages import GpioParams
from indi_matrix.simulator import MalosService, SimulatedBoard


async def test_what_is_published_and_each_start_and_end_are_told() -> None:
    board, states, said = SimulatedBoard(), [], []
    service = MalosService(board, info_port=0)
    service.state_changed = lambda: states.append((service.running, service.hung))
    service.said = lambda *what: said.append(what)
    async with service:
        service.publish_error("Gpio", "0, wrong")
        service.publish_update("Gpio", GpioParams(values=3).SerializeToString())
        service.hang()
        service.resume()
    assert said == [("Gpio", b"0, wrong", False), ("Gpio", b" \x03", True)]
    assert states == [(True, False), (True, True), (True, False), (False, False)]


def test_a_board_tells_its_pads_its_outputs_and_its_failed_sensors() -> None:
    board = SimulatedBoard()
    board.set_input(3, level=True)
    board.write_direction(5)
    board.fail_sensor("UV")
    assert (board.inputs, board.directions, sorted(board.failed_sensors)) == (8, 5, ["UV"])


async def test_a_service_inside_a_program_is_found_at_the_same_place_when_it_is_started_again() -> None:
    with zmq.asyncio.Context() as context:
        async with MalosService(SimulatedBoard(), inside=context) as service:
            place = service.place
            await service.stop()
            await service.start()
            assert (await find_service(context, place)).place == place
