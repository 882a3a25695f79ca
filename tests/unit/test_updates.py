"""Set vectors: their bytes are those of the elements that they stand for."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.indi.transport.outbox import Outbox
from indi_matrix.indi.wire.set_vector import Outline, SetVector
from indi_matrix.indi.wire.values import speakable
from indi_matrix.indi.wire.writer import serialise
from indi_matrix.texts import printable

TIME = "2026-11-20T12:00:00"
NAMES = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", ["Number", "Switch", "Text", "Light"])
@given(st.dictionaries(NAMES, st.text(max_size=20).map(speakable), max_size=3), NAMES, st.text(max_size=20))
def test_bytes_and_element_are_the_same(kind: str, texts: dict[str, str], name: str, text: str) -> None:
    timeout = {} if kind == "Light" else {"timeout": "0"}
    element = ET.Element(f"set{kind}Vector", {"device": "MATRIX", "name": name, "state": "Ok", "timestamp": TIME})
    element.attrib.update(timeout)
    if shown := printable(text):
        element.set("message", f"[ERROR] {shown}")
    for member, value in texts.items():
        ET.SubElement(element, f"one{kind}", name=member).text = value
    update = SetVector(Outline(kind, "MATRIX", name, texts, timeout), "Ok", TIME, texts, "ERROR", text)
    assert update.data().endswith(b"\n")
    assert ET.canonicalize(update.data()) == ET.canonicalize(serialise(element))
    assert (update.tag, update.device, update.name) == (element.tag, "MATRIX", name)
    assert update.members() == texts
    assert ET.canonicalize(ET.tostring(update.element())) == ET.canonicalize(update.data())


def test_an_outbox_that_overflows_keeps_what_updates_say() -> None:
    outbox = Outbox()
    outline = Outline("Number", "D", "P", ["X", "Y"], {})
    outbox.put(SetVector(outline, "Ok", TIME, {"Y": "0"}))
    for number in range(1000):
        outbox.put(SetVector(outline, "Ok", TIME, {"X": str(number)}))
    told: dict[str, str] = {}
    for _ in range(len(outbox)):
        told |= outbox.take().members()
    assert told == {"X": "999", "Y": "0"}
