"""The devices of a MATRIX board. A new one is a folder or a module here, and its class in `registry`.

A board's devices are made at its first connect, and only then are their modules loaded: a start would wait for
them, though clients know none of their properties yet. What is told before is here.

Not here: what all devices of a board share, such as its connection and its config file (board).
"""

from typing import Final

from indi_matrix.devices.snooped import WATCHED, WHEEL

INTERFACES: Final = 1 << 7 | 1 << 10 | 1 << 16 | 1 << 17 | 1 << 19
"""The INDI interfaces of all devices when they are made: WEATHER, LIGHTBOX, OUTPUT, INPUT, IMU."""

SNOOPED: Final = {"ACTIVE_FILTER": WHEEL, **WATCHED}
"""What the devices listen to when they are made, by the member of ACTIVE_DEVICES that names the other device.

It is snooped on from the start, so that its values are there at the connect.
"""
