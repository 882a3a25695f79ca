"""What the page keeps of an INDI server's devices, and what it leaves out."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement

import pytest

from indi_matrix.page.indi_side import known_devices
from indi_matrix.page.indi_side.known_devices import Defined, Deleted, KnownDevices, Said, Updated


def definition(kind: str, device: str, name: str, members: Iterable[tuple[str, str]] = (), **more: str) -> Element:
    element = Element(f"def{kind}Vector", {"device": device, "name": name, **more})
    for member, text in members:
        SubElement(element, f"def{kind}", name=member).text = text
    return element


def told(kind: str, device: str, name: str, members: Iterable[tuple[str, str]] = (), **more: str) -> Element:
    element = definition(kind, device, name, members, **more)
    element.tag = f"set{kind}Vector"
    return element


def test_values_are_of_their_kind_however_servers_write_them() -> None:
    devices = KnownDevices()
    for kind, text, value in (
        ("Switch", "\n    On\n", True),
        ("Switch", "on", False),
        ("Number", " 12:30:36 ", 12.51),
        ("Number", "nan", None),
        ("Number", "", None),
        ("Text", "\n  two words\n", "two words"),
        ("Text", "x" * 5000, "x" * 4096),
        ("Light", "\nBusy", "Busy"),
        ("Light", "Lit", "Idle"),
    ):
        assert devices.take(definition(kind, "D", "P", [("M", text)])) == [Defined("D", "P")]
        prop = devices.get("D", "P")
        assert prop is not None
        assert (prop.kind, prop.value("M")) == (kind, value)
        assert prop.perm == ("ro" if kind == "Light" else "rw")


def test_what_is_missing_or_unknown_has_a_default() -> None:
    devices = KnownDevices()
    devices.take(definition("Switch", "D", "P", [("M", "On")], state="Glad", perm="rx", rule="Some"))
    prop = devices.get("D", "P")
    assert prop is not None
    assert (prop.state, prop.perm, prop.rule, prop.label) == ("Idle", "rw", "OneOfMany", "P")


def test_an_update_names_its_members_and_brings_its_words() -> None:
    devices = KnownDevices()
    devices.take(definition("Number", "D", "P", [("A", "1"), ("B", "2")]))
    update = told("Number", "D", "P", [("A", "1"), ("X", "3")], state="Alert", message="[ERROR] no", timestamp="T")
    assert devices.take(update) == [Updated("D", "P", ["A"]), Said("D", "P", "ERROR", "no", "T")]
    prop = devices.get("D", "P")
    assert prop is not None
    assert (prop.state, prop.value("A"), prop.value("B"), prop.value("X")) == ("Alert", 1, 2, None)
    for stranger in (told("Text", "D", "P"), told("Number", "D", "Q"), told("Number", "E", "P"), Element("setX")):
        assert devices.take(stranger) == []
    assert devices.take(Element("message", message="hear")) == [Said("", "", "INFO", "hear", "")]


def test_what_is_deleted_is_forgotten_and_told_once() -> None:
    devices = KnownDevices()
    for name in ("P", "Q", "R"):
        devices.take(definition("Text", "D", name, [("A", "")]))
    for element, changes in (
        (Element("delProperty", device="D", name="P"), [Deleted("D", "P")]),
        (Element("delProperty", device="D", name="P"), []),
        (Element("delProperty", device="E"), []),
        (Element("delProperty", device="D"), [Deleted("D", "")]),
    ):
        assert devices.take(element) == changes
    assert (list(devices), devices._count) == ([], 0)


def test_a_device_whose_last_property_is_deleted_leaves_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_devices, "MOST_DEVICES", 1)
    devices = KnownDevices()
    for device in ("D", "E"):
        assert devices.take(definition("Text", device, "P")) == [Defined(device, "P")]
        assert devices.take(Element("delProperty", device=device, name="P")) == [Deleted(device, "P")]
        assert list(devices) == []


def test_all_is_bounded(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name, most in (("DEVICES", 2), ("PROPERTIES", 2), ("MEMBERS", 3), ("MEMBERS_IN_ALL", 7)):
        monkeypatch.setattr(known_devices, f"MOST_{name}", most)
    devices = KnownDevices()
    three = [("A", ""), ("B", ""), ("C", "")]
    assert devices.take(definition("Text", "D", "P", three))
    assert devices.take(definition("Text", "D", "Q", three))
    assert not caplog.records
    for device, name, members in (
        ("D", "R", []),  # a third property
        ("E", "P", three),  # nine members
        ("E", "Q", [*three, ("D", "")]),  # four of one property
        ("E" * 64, "P", []),
        ("E", "P" * 64, []),
        ("E", "P", [("A" * 64, "")]),
        ("", "P", []),
    ):
        assert devices.take(definition("Text", device, name, members)) == []
    assert list(devices) == ["D"]
    assert devices.take(definition("Text", "D", "P", three[:1]))  # defined anew, it counts once
    assert devices.take(definition("Text", "E", "P", three))
    assert devices.take(definition("Text", "F", "P")) == []
    (complaint,) = caplog.messages
    assert complaint == "The INDI server has more than is shown: 'R' of 'D' and others are left out"
    assert devices.take(definition("BLOB", "D", "P")) == []
