from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Rule, State
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty, TextProperty
from indi_matrix.indi.wire.message import Message, words
from indi_matrix.indi.wire.set_vector import Outline, SetVector
from indi_matrix.indi.wire.write import Write

NUMBERS = [NumberMember("X", "X", 0.0, 0, 10), NumberMember("Y", "Y", 0.0, 0, 1, 0.1, "%.1f")]
SWITCHES = [Member("A", "A", value=True), Member("B", "B", value=False)]


class Posted(list[Element]):
    """What clients are sent, as elements."""

    def post(self, message: Message) -> None:
        self.append(message.element())


def make(kind: str) -> AnyProperty:
    made: dict[str, AnyProperty] = {
        "Number": NumberProperty("P", "Label", "Group", NUMBERS),
        "Switch": SwitchProperty("P", "Label", "Group", SWITCHES, rule=Rule.ONE_OF_MANY),
        "Text": TextProperty("P", "Label", "Group", [Member("T", "T", "first")]),
    }
    return made[kind]


@pytest.mark.parametrize("kind", ["Number", "Switch", "Text"])
def test_definitions_and_sets_have_the_attributes_of_the_protocol(kind: str) -> None:
    posted = Posted()
    prop = make(kind)
    prop.attach("D", posted.post)
    definition = prop.definition().element()
    prop.reply(None, State.OK, "well", "INFO")
    (answer,) = posted
    common = {"device", "name", "state", "timestamp"}
    perm = {"perm", "rule"} if kind == "Switch" else {"perm"}
    assert definition.tag == f"def{kind}Vector"
    assert set(definition.attrib) == common | {"label", "group", "timeout"} | perm
    assert answer.tag == f"set{kind}Vector"
    assert set(answer.attrib) == common | {"message", "timeout"}
    assert {one.tag for one in definition} == {f"def{kind}"}
    assert {one.tag for one in answer} == {f"one{kind}"}


def test_each_set_vector_has_its_own_state_and_timestamp() -> None:
    outline = Outline("Text", "D", "P", ["T"], {})
    for state, moment in (("Ok", "1"), ("Ok", "2"), ("Busy", "2"), ("Ok", "2"), ("Ok", "1")):
        element = fromstring(SetVector(outline, state, moment, {"T": "x"}).data())
        assert (element.get("state"), element.get("timestamp")) == (state, moment)


def test_only_what_changed_is_sent() -> None:
    posted = Posted()
    prop = make("Number")
    prop.attach("D", posted.post)
    prop.publish_reading({"X": 0.0, "Y": 0.0}, State.IDLE)
    assert posted == []
    prop.publish_reading({"X": 3.0, "Y": 0.0}, State.IDLE)
    assert [one.get("name") for one in posted[0]] == ["X"]
    prop.publish_reading(state=State.OK)
    assert list(posted[1]) == []
    prop.publish_reading(state=State.OK)
    assert len(posted) == 2


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (State.IDLE, 0.0, State.OK),
        (State.IDLE, 1.0, State.OK),
        (State.ALERT, 0.0, State.ALERT),
        (State.ALERT, 1.0, State.OK),
    ],
)
def test_a_reading_is_ok_if_it_is_the_first_or_new(before: State, value: float, after: State) -> None:
    prop = make("Number")
    prop.publish_reading(state=before)
    prop.publish_reading({"X": value})
    assert prop.state is after


def test_nothing_is_sent_of_a_property_that_clients_do_not_know() -> None:
    posted = Posted()
    prop = make("Text")
    prop.attach("D", posted.post)
    prop.delete()
    prop.delete()
    prop.reply({"T": "second"}, State.OK)
    assert [element.tag for element in posted] == ["delProperty"]
    assert prop.values == {"T": "second"}


def test_the_vector_of_indipydriver_shows_the_same() -> None:
    prop = make("Number")
    posted = Posted()
    prop.attach("D", posted.post)
    prop.reply({"X": 7.0}, State.OK)
    assert (prop.vector["X"], prop.vector.getfloatvalue("X"), prop.vector.state) == ("7", 7.0, "Ok")
    assert prop.vector.getformattedvalue("X") == "7"


def test_a_message_is_short_plain_and_on_one_line() -> None:
    text = words("D", "", "ERROR", "caf\u00e9\n\x00" + "x" * 500).element().get("message", "")
    assert text.startswith(r"[ERROR] caf\xe9 \x00xxx")
    assert len(text) == 255


def test_text_that_xml_cannot_carry() -> None:
    posted = Posted()
    prop = make("Text")
    prop.attach("D", posted.post)
    prop.reply({"T": "a\x00\x1bb"}, State.OK)
    assert b">a  b<" in tostring(posted[0])


@pytest.mark.parametrize(
    ("ones", "refusal"),
    [
        (
            "<oneNumber name='X'>1</oneNumber><oneText name='Y'>1</oneText>",
            "takes oneNumber members, not",
        ),
        (
            "<oneText name='Y'>1</oneText><oneNumber name='Z'>1</oneNumber>",
            "takes oneNumber members, not",
        ),
        ("<oneNumber name='Z'>1</oneNumber><oneText name='Y'>1</oneText>", "has no member 'Z'"),
        ("<oneNumber>1</oneNumber>", "has no member ''"),
        ("<oneNumber name='X'/>", "P.X='' is not a number"),
        ("", "was written with no member"),
    ],
)
def test_the_first_fault_of_a_write_is_the_one_it_is_refused_for(ones: str, refusal: str) -> None:
    write = Write.of(fromstring(f"<newNumberVector device='D' name='P'>{ones}</newNumberVector>"))
    with pytest.raises(WriteError, match=refusal):
        make("Number").read(write)


def test_a_write_of_another_kind_is_refused() -> None:
    with pytest.raises(WriteError, match="P takes a newNumberVector, not a 'newBLOBVector'"):
        make("Number").read(Write("BLOB", "D", "P", [("X", "1")]))


@pytest.mark.parametrize(("shown", "step", "kept"), [("%.f", 10, 3.0), ("%.f", 1, 3.0), ("%.1f", 1, 2.7)])
def test_numbers_are_whole_where_no_decimals_are_shown(shown: str, step: float, kept: float) -> None:
    prop = NumberProperty("P", "Label", "Group", [NumberMember("X", "X", 0.0, 0, 10, step, shown)])
    assert prop.read(Write("Number", "D", "P", [("X", "2.7")])) == {"X": kept}
