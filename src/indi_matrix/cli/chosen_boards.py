"""The boards that the options name."""

import argparse
from zlib import crc32

from indi_matrix.driver import SimulatedHardware
from indi_matrix.errors import SettingsError
from indi_matrix.settings import KINDS, SIMULATED_DAY, BoardSettings


def chosen_boards(options: argparse.Namespace) -> list[tuple[BoardSettings, SimulatedHardware]]:
    """Return the boards that the options name, each with the hardware that it uses while it is simulated.

    Raises:
        SettingsError: --board stands beside --name or --address, or a name or an address cannot be used.
    """
    if not options.board:
        return [_with_hardware(BoardSettings.from_environment(options.name, options.address), options)]
    if options.name is not None or options.address is not None:
        raise SettingsError(
            "--board has the name and the address of each board; --name and --address do not go with it"
        )
    return [_with_hardware(BoardSettings.parse(board), options) for board in options.board]


def _with_hardware(
    settings: BoardSettings, options: argparse.Namespace
) -> tuple[BoardSettings, SimulatedHardware]:
    """Return a board and its hardware, with a weather of its own."""
    kind = getattr(options, "simulate", None) or KINDS[0]
    day = getattr(options, "day", SIMULATED_DAY)
    return settings, SimulatedHardware(kind, day, crc32(settings.name.encode()))
