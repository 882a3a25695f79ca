"""The boards that the options name."""

from types import SimpleNamespace

from indi_matrix.driver import SimulatedHardware
from indi_matrix.errors import SettingsError
from indi_matrix.settings import KINDS, BoardSettings


def chosen_boards(options: SimpleNamespace) -> list[tuple[BoardSettings, SimulatedHardware]]:
    """Return the boards that the options name, each with the hardware that it uses while it is simulated.

    Raises:
        SettingsError: --board stands beside --name or --address, or a name or an address cannot be used.
    """
    kind = getattr(options, "simulate", None) or KINDS[0]
    if not options.board:
        return [(BoardSettings.from_environment(options.name, options.address), SimulatedHardware(kind))]
    if options.name is not None or options.address is not None:
        raise SettingsError(
            "--board has the name and the address of each board; --name and --address do not go with it"
        )
    return [(BoardSettings.parse(board), SimulatedHardware(kind)) for board in options.board]
