"""What tools hold the code to, and what must not be forgotten."""

import pkgutil
import subprocess
import sys
from functools import reduce
from importlib import import_module
from operator import or_
from pathlib import Path

import pytest

import indi_matrix
from indi_matrix import devices, errors
from indi_matrix.devices import INTERFACES, SNOOPED
from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.devices.registry import DEVICES
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.malos.places import BASE_OFFSETS

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_tool(command: list[str]) -> None:
    result = subprocess.run(
        [TOOLS / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_device_is_in_the_registry() -> None:
    modules = [name for _, name, _ in pkgutil.walk_packages(devices.__path__, "indi_matrix.devices.")]
    found = {
        thing
        for name in modules
        for thing in vars(import_module(name)).values()
        if isinstance(thing, type) and issubclass(thing, MatrixDevice) and hasattr(thing, "driver")
    }
    assert found == set(DEVICES)


def test_what_is_told_of_the_devices_before_they_are_made() -> None:
    board = indi_matrix.make_driver()._boards["MATRIX"]
    made = board._make_devices()
    assert reduce(or_, (device.interface for device in made)) == INTERFACES
    listeners = board._active_devices._listeners
    assert {role: tuple(names) for role, names in listeners.items() if names} == SNOOPED
    assert all(listening for names in listeners.values() for listening in names.values())


def test_every_device_has_a_driver_of_its_own() -> None:
    drivers = [device.driver for device in DEVICES]
    assert len(set(drivers)) == len(drivers)
    assert set(drivers) <= set(BASE_OFFSETS)


def test_every_error_descends_from_the_root_and_from_a_builtin() -> None:
    leaves = [
        thing for thing in vars(errors).values() if isinstance(thing, type) and thing is not errors.MatrixError
    ]
    assert leaves
    for leaf in leaves:
        assert issubclass(leaf, errors.MatrixError)
        assert len(leaf.__bases__) == 2


def test_the_schemas_are_those_of_the_installed_package() -> None:
    fields = {field.name: field.number for field in DriverConfig.DESCRIPTOR.fields}
    assert {name: fields[name] for name in ("image", "servo", "gpio", "humidity")} == {
        "image": 3, "servo": 7, "gpio": 8, "humidity": 9,
    }  # fmt: skip


def test_the_public_names() -> None:
    assert set(indi_matrix.__all__) == {"MatrixDriver", "__version__", "make_driver"}
    assert all(hasattr(indi_matrix, name) for name in indi_matrix.__all__)
