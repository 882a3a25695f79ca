from functools import partial
from xml.etree.ElementTree import Element, SubElement

from indi_matrix.indi.transport.outbox import Outbox
from indi_matrix.indi.wire.message import ElementMessage, Message, words
from indi_matrix.indi.wire.set_vector import Outline, SetVector


def vector(tag: str, name: str, message: str = "", **values: str) -> Message:
    if tag.startswith("set"):
        outline = Outline(tag[3:-6], "D", name, ["V", "RED", "GREEN", "BLUE"], {})
        return SetVector(outline, "Ok", "", values, "ERROR", message)
    element = Element(tag, device="D", name=name)
    for member, value in values.items():
        SubElement(element, "one", name=member).text = value
    return ElementMessage(element)


def drained(outbox: Outbox) -> list[Element]:
    return [outbox.take().element() for _ in range(len(outbox))]


def told(elements: list[Element]) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (element.tag, element.get("name", ""), {one.get("name", ""): one.text or "" for one in element})
        for element in elements
    ]


def test_in_order() -> None:
    outbox = Outbox()
    for number in range(500):
        outbox.put(vector("setNumberVector", "A", V=str(number)))
    assert [values["V"] for _, _, values in told(drained(outbox))] == [str(number) for number in range(500)]


def test_a_stalled_reader_does_not_make_it_grow() -> None:
    outbox = Outbox()
    for number in range(100_000):
        outbox.put(vector("setNumberVector", f"P{number % 100}", V=str(number)))
        outbox.put(words("D", "", "INFO", str(number)))
        assert len(outbox) <= 513
    left = told(drained(outbox))
    newest = {name: values["V"] for tag, name, values in left if tag == "setNumberVector"}
    assert newest == {f"P{number}": str(99_900 + number) for number in range(100)}


def overfull(*messages: Message) -> list[tuple[str, str, dict[str, str]]]:
    """Return what is left of messages after enough others to have them merged."""
    outbox = Outbox()
    for message in messages:
        outbox.put(message)
    for number in range(520):
        outbox.put(vector("setTextVector", "Z", V=str(number)))
    return [one for one in told(drained(outbox)) if one[1] != "Z"]


def test_partial_updates_are_merged() -> None:
    assert overfull(
        vector("setNumberVector", "A", RED="1", BLUE="1"), vector("setNumberVector", "A", RED="2", GREEN="2")
    ) == [("setNumberVector", "A", {"RED": "2", "GREEN": "2", "BLUE": "1"})]


def test_what_indipydriver_sends_itself_is_merged_with_our_own_both_ways() -> None:
    def foreign(**values: str) -> Message:
        element = Element("setNumberVector", device="D", name="A")
        for member, value in values.items():
            SubElement(element, "oneNumber", name=member).text = value
        return ElementMessage(element)

    ours = partial(vector, "setNumberVector", "A", RED="1", BLUE="1")
    assert overfull(ours(), foreign(RED="2")) == [("setNumberVector", "A", {"RED": "2", "BLUE": "1"})]
    assert overfull(foreign(RED="2", GREEN="2", ODD="2"), ours()) == [
        ("setNumberVector", "A", {"RED": "1", "BLUE": "1", "GREEN": "2"})
    ]


def test_a_definition_settles_what_was_before_it() -> None:
    assert overfull(
        vector("setNumberVector", "A", V="1"),
        vector("delProperty", "A"),
        vector("defNumberVector", "A", V="2"),
        vector("setNumberVector", "A", V="3"),
    ) == [("delProperty", "A", {}), ("defNumberVector", "A", {"V": "2"}), ("setNumberVector", "A", {"V": "3"})]


def test_a_deletion_settles_all() -> None:
    assert overfull(
        vector("defNumberVector", "A", V="1"), vector("setNumberVector", "A", V="2"), vector("delProperty", "A")
    ) == [("delProperty", "A", {})]


def test_there_is_as_much_room_again_when_all_was_taken() -> None:
    outbox = Outbox()
    for number in range(2000):
        outbox.put(vector("setTextVector", f"P{number}"))
    assert len(list(outbox.take_all())) == 2000
    for number in range(600):
        outbox.put(vector("setTextVector", "P", V=str(number)))
    assert len(outbox) < 512


def test_a_message_is_not_lost_with_the_update_that_carried_it() -> None:
    outbox = Outbox()
    outbox.put(vector("setNumberVector", "A", message="why", V="1"))
    for number in range(600):
        outbox.put(vector("setNumberVector", "A", V=str(number)))
    assert any(element.get("message") == "[ERROR] why" for element in drained(outbox))
