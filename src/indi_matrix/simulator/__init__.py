"""A simulated MALOS service with a MATRIX board behind it, for use without hardware.

Here are the board, the service on real sockets, and the board's picture in a terminal. Nothing here knows of INDI.
"""

from indi_matrix.simulator.run import run_simulator
from indi_matrix.simulator.sensors.climate import Climate, climate_of
from indi_matrix.simulator.sensors.sensors import Failure
from indi_matrix.simulator.service import MalosService
from indi_matrix.simulator.simulated_board import Kind, Led, SimulatedBoard
from indi_matrix.simulator.terminal_view.drawing import draw
from indi_matrix.simulator.terminal_view.terminal_picture import TerminalPicture

__all__ = [
    "Climate",
    "Failure",
    "Kind",
    "Led",
    "MalosService",
    "SimulatedBoard",
    "TerminalPicture",
    "climate_of",
    "draw",
    "run_simulator",
]
