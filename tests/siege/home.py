"""A home of its own for a siege: config files are saved and removed in the course of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_home() -> Iterator[None]:
    """Have the programs that are run use an empty home, and no setting from outside."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        for variable in ("INDICONFIG", "INDIDEV", "INDI_MATRIX_ADDRESS"):
            os.environ.pop(variable, None)
        yield
