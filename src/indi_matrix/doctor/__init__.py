"""`indi_matrix doctor` and `indi_matrix info`: look at all that the driver depends on, and change nothing."""

from indi_matrix.doctor.check import Check, Level
from indi_matrix.doctor.examination import examine

__all__ = ["Check", "Level", "examine"]
