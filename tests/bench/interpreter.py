"""How fast the interpreter itself is, on which ours and the stock driver depend and the C++ driver does not."""

import sysconfig
import time
from typing import Final

_PGO: Final = ("--enable-optimizations", "-fprofile-use")
_LTO: Final = ("--with-lto", "-flto")
_PLAIN: Final = "--without-lto"
_TURNS: Final = 100_000
_TRIALS: Final = 5


def interpreter() -> str:
    """Return whether the interpreter says that it was built with PGO and LTO, and how fast it is."""
    said = " ".join(str(sysconfig.get_config_var(name)) for name in ("CONFIG_ARGS", "PY_CFLAGS"))
    pgo, lto = (_said(said, flags) for flags in (_PGO, _LTO))
    return f"Interpreter: {pgo} PGO, {lto} LTO, by its build flags; {_yardstick():.1f} ms for a loop of Python."


def _said(said: str, flags: tuple[str, ...]) -> str:
    return "with" if any(flag in said.replace(_PLAIN, "") for flag in flags) else "without"


def _yardstick() -> float:
    """Return the milliseconds of a core for a loop, as a distribution may hide its build flags (Debian does)."""
    return min(_loop() for _ in range(_TRIALS))


def _loop() -> float:
    start, lengths = time.process_time_ns(), [0] * 8
    for number in range(_TURNS):
        lengths[number & 7] += len(str(number))
    return (time.process_time_ns() - start) / 1e6
