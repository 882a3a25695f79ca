"""The properties that an INDI device has whether or not it is connected."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.errors import SettingsError, WriteError
from indi_matrix.indi.properties.base import Member, Perm, Rule, State
from indi_matrix.indi.properties.kinds import SwitchProperty, TextProperty
from indi_matrix.indi.wire.values import shortened
from indi_matrix.settings import Address, parse_port
from indi_matrix.version import __version__

_MAIN: Final = "Main Control"
_CONNECTION: Final = "Connection"
_OPTIONS: Final = "Options"


def connection(on_write: Callable[[Mapping[str, bool]], State], connected: Callable[[], bool]) -> SwitchProperty:
    """Return CONNECTION; `connected` returns whether CONNECT is On."""
    members = [Member("CONNECT", "Connect", value=False), Member("DISCONNECT", "Disconnect", value=True)]
    switch = SwitchProperty(
        "CONNECTION", "Connection", _MAIN, members, rule=Rule.ONE_OF_MANY, on_write=on_write,
        source=lambda: {"CONNECT": connected(), "DISCONNECT": not connected()},
    )  # fmt: skip
    switch.tells_of_writes = False
    return switch


def driver_info(interface: Callable[[], int]) -> TextProperty:
    """Return DRIVER_INFO; `interface` returns the sum of the INDI interfaces that the board has."""
    members = [
        Member("DRIVER_NAME", "Name", "MATRIX"),
        Member("DRIVER_EXEC", "Exec", "indi_matrix"),
        Member("DRIVER_VERSION", "Version", __version__),
        Member("DRIVER_INTERFACE", "Interface", ""),
    ]
    fixed = {member.name: member.value for member in members}
    return TextProperty(
        "DRIVER_INFO", "Driver Info", _CONNECTION, members, perm=Perm.READ,
        source=lambda: fixed | {"DRIVER_INTERFACE": str(interface())},
    )  # fmt: skip


def _read_address(values: Mapping[str, str]) -> Address:
    """Return the address in the values of DEVICE_ADDRESS.

    Raises:
        WriteError: No socket could use it.
    """
    host, port = values["ADDRESS"].strip(), values["PORT"].strip()
    try:
        number = parse_port(port)
    except SettingsError as error:
        raise WriteError(f"DEVICE_ADDRESS.PORT={shortened(port)}: {error}") from error
    try:
        return Address(host, number)
    except SettingsError as error:
        raise WriteError(f"DEVICE_ADDRESS.ADDRESS={shortened(host)}: {error}") from error


def connection_mode() -> SwitchProperty:
    """Return CONNECTION_MODE; its only mode is CONNECTION_TCP."""
    members = [Member("CONNECTION_TCP", "Network", value=True)]
    return SwitchProperty(
        "CONNECTION_MODE",
        "Mode",
        _CONNECTION,
        members,
        rule=Rule.ONE_OF_MANY,
        on_write=lambda _: State.OK,
    )


def on_disconnect() -> SwitchProperty:
    """Return ON_DISCONNECT: whether LEDs and outputs stay as they are, or go dark and low."""
    members = [Member("KEEP", "Keep", value=True), Member("OFF", "Off", value=False)]
    return SwitchProperty(
        "ON_DISCONNECT", "At the end", _OPTIONS, members, rule=Rule.ONE_OF_MANY, on_write=lambda _: State.OK,
        saved=True,
    )  # fmt: skip


class Destination:
    """DEVICE_ADDRESS and SIMULATION: where the next connect goes.

    Args:
        address: DEVICE_ADDRESS at the start.
        changed: Called with the name of a property whose values a client changes.
        simulate: Whether SIMULATION is On at the start.

    Attributes:
        address: DEVICE_ADDRESS.
        simulation: SIMULATION.
    """

    def __init__(self, address: Address, changed: Callable[[str], None], *, simulate: bool) -> None:
        self._changed = changed
        self.address = TextProperty(
            "DEVICE_ADDRESS", "Server", _CONNECTION,
            [Member("ADDRESS", "Address", address.host), Member("PORT", "Port", str(address.port))],
            on_write=self._write_address, saved_at_once=True,
        )  # fmt: skip
        self.simulation = SwitchProperty(
            "SIMULATION", "Simulation", _OPTIONS,
            [Member("ENABLE", "Enable", simulate), Member("DISABLE", "Disable", not simulate)],
            rule=Rule.ONE_OF_MANY, on_write=self._write_simulation, saved=True, timeout=0,
        )  # fmt: skip

    def choose(self) -> Address | None:
        """Return the address of the service; None for the simulated board."""
        return None if self.simulation.values["ENABLE"] else _read_address(self.address.values)

    def _write_address(self, values: Mapping[str, str]) -> State:
        _read_address(values)
        if values != self.address.values:
            self._changed("DEVICE_ADDRESS")
        return State.OK

    def _write_simulation(self, values: Mapping[str, bool]) -> State:
        if values != self.simulation.values:
            self._changed("SIMULATION")
        return State.OK
