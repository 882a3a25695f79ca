"""INDI driver for MATRIX Creator and MATRIX Voice boards."""

import os
import sys

# This module alone is to be understood by any Python, so that it can say what the others need.
if sys.version_info < (3, 11):  # noqa: UP036 - pip keeps older ones away, a shell does not
    _told = "indi_matrix needs Python 3.11 or later, and this is {}.{}.{}".format(*sys.version_info)
    if os.path.basename(sys.argv[0]) in ("-m", "indi_matrix"):  # noqa: PTH119 - Python 2 has no pathlib
        sys.exit("indi_matrix: error: " + _told)
    raise ImportError(_told)

from typing import TYPE_CHECKING

from indi_matrix.version import __version__

if TYPE_CHECKING:
    from indi_matrix.driver import MatrixDriver, make_driver

__all__ = ["MatrixDriver", "__version__", "make_driver"]


def __getattr__(name):  # type: (str) -> object  # noqa: ANN001, ANN202 - as any Python can read it
    """Load the driver when it is first asked for: the command line has commands that do without."""
    if name not in __all__:
        raise AttributeError("module 'indi_matrix' has no attribute " + repr(name))
    from indi_matrix import driver  # noqa: PLC0415 - as told above

    return getattr(driver, name)
