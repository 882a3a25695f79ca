"""A device whose MALOS driver follows POLLING_PERIOD and KEEP_ALIVE."""

from abc import abstractmethod

from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.malos.link import Link
from indi_matrix.malos.timing import Timing


class PolledDevice(MatrixDevice):
    """A device that sends its MALOS driver the timing that clients chose.

    A MALOS driver reads its part of a config as all zeros if that is left out, so a config with a timing only is a
    command, too. Only a device whose driver has a config without that side effect can be a PolledDevice.
    """

    @abstractmethod
    def timing_config(self, timing: Timing) -> bytes:
        """Return the config that sets delay and timeout, and nothing else."""

    async def begin(self, link: Link) -> None:
        """Agree on the timing before the first ping, so that it holds from the first update on."""
        await super().begin(link)
        self._agree_on_timing()
        link.ping()

    def arrive(self) -> None:
        """Agree on the timing that clients may have written since `begin`; clients see the board after this."""
        self._agree_on_timing()

    def retime(self) -> None:
        """Send POLLING_PERIOD and KEEP_ALIVE to the driver."""
        timing = self.host.polling.timing
        self.link.send(self.timing_config(timing))
        self.link.expect(timing)

    def timing_changed(self) -> None:
        """Show clients the timing of the link, which another program gave the driver."""
        self.host.polling.adopt(self.link.timing)

    def _agree_on_timing(self) -> None:
        """Send the timing that clients chose, or show them the one that the driver has."""
        actual = self.link.timing
        choice = self.host.polling.choice
        if choice is None or choice == actual:
            self.host.polling.adopt(actual)
        else:
            self.host.polling.adopt(choice)
            self.retime()
