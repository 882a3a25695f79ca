"""INDI driver for MATRIX Creator and MATRIX Voice boards."""

from indi_matrix.driver import MatrixDriver
from indi_matrix.factory import make_driver
from indi_matrix.version import __version__

__all__ = ["MatrixDriver", "__version__", "make_driver"]
