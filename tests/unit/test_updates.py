"""Set vectors: their bytes and their element say the same."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.indi.transport.outbox import Outbox
from indi_matrix.indi.wire.set_vector import Outline, Update, as_bytes, as_element
from indi_matrix.indi.wire.values import speakable
from indi_matrix.indi.wire.writer import serialise

TIME = "2026-11-20T12:00:00"
NAMES = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", ["Number", "Switch", "Text", "Light"])
@given(st.dictionaries(NAMES, st.text(max_size=20).map(speakable), max_size=3), NAMES)
def test_bytes_and_element_are_the_same(kind: str, texts: dict[str, str], name: str) -> None:
    timeout = {} if kind == "Light" else {"timeout": "0"}
    update = Update(Outline(kind, "MATRIX", name, texts, timeout), "Ok", TIME, texts)
    data, element = as_bytes(update), as_element(update)
    assert data.endswith(b"\n")
    assert ET.canonicalize(data) == ET.canonicalize(serialise(element))
    assert (update.tag, update.get("device"), update.get("name")) == (element.tag, "MATRIX", name)
    assert update.get("message") is None


def test_an_outbox_that_overflows_keeps_what_updates_say() -> None:
    outbox = Outbox()
    outline = Outline("Number", "D", "P", ["X", "Y"], {})
    outbox.put(Update(outline, "Ok", TIME, {"Y": "0"}))
    for number in range(1000):
        outbox.put(Update(outline, "Ok", TIME, {"X": str(number)}))
    told: dict[str, str] = {}
    for _ in range(len(outbox)):
        told |= {one.attrib["name"]: one.text or "" for one in as_element(outbox.take())}
    assert told == {"X": "999", "Y": "0"}
