"""The version, on its own so that it can be read without importing the driver."""

from typing import Final

__version__: Final = "0.1.0"
