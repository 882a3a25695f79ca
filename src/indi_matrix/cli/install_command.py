"""`install`: write or remove the files by which KStars, indi-web and systemd find the driver."""

from types import SimpleNamespace

from indi_matrix.cli.chosen_boards import chosen_boards
from indi_matrix.cli.output import say
from indi_matrix.install.installation import Installation


def run_install(options: SimpleNamespace) -> None:
    """Install or uninstall, and say what was done."""
    installation = Installation.below(options.prefix)
    lines = installation.uninstall() if options.uninstall else installation.install(_serve_arguments(options))
    for line in lines:
        say(line)


def _serve_arguments(options: SimpleNamespace) -> list[str] | None:
    """Return the arguments of serve in the systemd unit, None when no unit is to be written."""
    if not options.service:
        return None
    chosen_boards(options)  # refuses what serve would refuse
    boards = [("board", board) for board in options.board or ()]
    given = [("name", options.name), ("address", options.address), *boards]
    # Option and value are one word: the value alone could be taken for an option.
    return [f"--{option}={value}" for option, value in given if value is not None]
