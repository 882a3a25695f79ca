"""INDI driver for MATRIX Creator and MATRIX Voice boards."""

import os
import sys

# This module alone is to be understood by any Python, so that it can say what the others need.
if sys.version_info < (3, 11):  # noqa: UP036 - pip keeps older ones away, a shell does not
    _told = "indi_matrix needs Python 3.11 or later, and this is {}.{}.{}".format(*sys.version_info)
    if os.path.basename(sys.argv[0]) in ("-m", "indi_matrix"):  # noqa: PTH119 - Python 2 has no pathlib
        sys.exit("indi_matrix: error: " + _told)
    raise ImportError(_told)

from indi_matrix.driver import MatrixDriver, make_driver
from indi_matrix.version import __version__

__all__ = ["MatrixDriver", "__version__", "make_driver"]
