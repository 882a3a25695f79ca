"""`indi_matrix doctor` and `indi_matrix info`: examine what the driver depends on, and change nothing.

Here are the checks of the host, the installation, INDI servers and MALOS. How they are printed is in `cli`.
"""

from indi_matrix.doctor.check import Check, Level
from indi_matrix.doctor.examination import examine

__all__ = ["Check", "Level", "examine"]
