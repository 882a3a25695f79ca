"""What clients know of a board while it is connected: the properties of its devices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from indi_matrix.indi.properties.base import AnyProperty, State
from indi_matrix.indi.properties.device import IndiDevice

if TYPE_CHECKING:
    from indi_matrix.devices.matrix_device import MatrixDevice


class BoardProperties:
    """The properties that are defined while the board is connected.

    Attributes:
        indi: The INDI device.
        owners: MatrixDevice that each defined property belongs to, by property name.
    """

    def __init__(self, indi: IndiDevice) -> None:
        self.indi = indi
        self.owners: dict[str, MatrixDevice] = {}
        self._states: dict[str, State] = {}  # before the outage, by property name

    def define(self, device: "MatrixDevice", prop: AnyProperty) -> None:
        """Make a property of a device known to clients."""
        self.owners[prop.name] = device
        self.indi.define(prop)

    def delete(self, prop: AnyProperty) -> None:
        """Take a property of a device away from clients."""
        self.indi.delete(prop)
        del self.owners[prop.name]

    def restore(self, devices: Sequence["MatrixDevice"]) -> None:
        """After an outage: delete properties that the board no longer has; restore the states of the others."""
        self._delete_missing(devices)
        self._restore_states()

    def show(self, devices: Sequence["MatrixDevice"]) -> None:
        """Define all properties of these devices that are not defined yet."""
        for device in devices:
            device.shown = True
            for prop in device.properties():
                if not prop.defined:
                    self.define(device, prop)

    def mark_lost(self) -> None:
        """Turn all properties to Alert; keep the states they had for `restore`."""
        for name in self.owners:
            prop = self.indi.properties[name]
            self._states.setdefault(name, prop.state)
            prop.publish_reading(state=State.ALERT)

    def hold_back(self, prop: AnyProperty) -> None:
        """Have a property be Busy after an outage, and not Ok as before it: its values are awaited."""
        if self._states.get(prop.name) is State.OK:
            self._states[prop.name] = State.BUSY

    def delete_all(self) -> None:
        """Delete all properties."""
        self._states.clear()
        for name in list(self.owners):
            prop = self.indi.properties[name]
            self.delete(prop)
            prop.publish_reading(state=State.IDLE)

    def _delete_missing(self, devices: Sequence["MatrixDevice"]) -> None:
        """Delete properties that these devices do not have: after an outage the board may be another one."""
        wanted = {prop.name: prop for device in devices for prop in device.properties()}
        for name in list(self.owners):
            if wanted.get(name) is not self.indi.properties[name]:
                self.delete(self.indi.properties[name])

    def _restore_states(self) -> None:
        """Restore the states from before the outage; levels seen since then may change them again."""
        for name, state in self._states.items():
            if name in self.owners:
                self.indi.properties[name].publish_reading(state=state)
        self._states.clear()
