"""Letters beyond ASCII: KStars writes what was typed in ISO-8859-1, other clients in UTF-8."""

from pathlib import Path

import pytest

from indi_matrix import make_driver
from tests.driver.client import Answer, IndiClient, piped
from tests.driver.conftest import Rig

DOME = "D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me"


async def typed(indi: IndiClient, name: str, member: str, text: str, encoding: str = "latin-1") -> Answer:
    """Write a text as a client with that encoding does, and return the answer."""
    start = len(indi.answers)
    indi.writer.write(
        f'<newTextVector device="MATRIX" name="{name}">\n  <oneText name="{member}">\n      {text}\n'
        "  </oneText>\n</newTextVector>\n".encode(encoding)
    )
    return await indi.next_answer(name, start)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
async def test_the_name_of_another_device_may_have_any_letter(away: Rig, encoding: str) -> None:
    answer = await typed(away.indi, "ACTIVE_DEVICES", "ACTIVE_DOME", DOME, encoding)
    assert (answer.state, answer.values["ACTIVE_DOME"]) == ("Ok", DOME)
    await away.indi.until(lambda: (DOME, "CONNECTION") in away.indi.asked)


@pytest.mark.parametrize("text", [DOME, "\x80\x9f", f"{DOME} \xff"])
@pytest.mark.parametrize(
    ("name", "member"),
    [("DIGITAL_INPUT_LABELS", "DIGITAL_INPUT_3"), ("DEVICE_ADDRESS", "ADDRESS"), ("EVERLOOP_IMAGE", "IMAGE")],
)
async def test_what_has_to_be_ascii_is_refused_by_name(rig: Rig, name: str, member: str, text: str) -> None:
    before = dict(rig.indi.known[name].values)
    answer = await typed(rig.indi, name, member, text)
    assert answer.state == "Alert"
    assert f"{name}.{member}" in answer.message
    assert answer.message.isascii()
    assert rig.indi.known[name].values == before


async def test_a_name_with_any_letter_names_no_other_property_or_member(away: Rig) -> None:
    indi = away.indi
    answer = await typed(indi, "ACTIVE_DEVICES", DOME, "x")
    assert (answer.state, answer.message.partition(";")[0]) == (
        "Alert", "[ERROR] ACTIVE_DEVICES has no member 'D\\xf4me'",
    )  # fmt: skip
    for text in (b"device='D\xf4me' name='ACTIVE_DEVICES'", b"device='MATRIX' name='D\xf4me'"):
        indi.writer.write(b"<newTextVector %s><oneText name='ACTIVE_DOME'>x</oneText></newTextVector>" % text)
    await indi.fence()
    assert all(message.isascii() for message in indi.messages)
    assert indi.known["ACTIVE_DEVICES"].values["ACTIVE_DOME"] == "Dome Simulator"


@pytest.mark.parametrize("text", [DOME, "\x80 \x9f", "<\xe9&\xe8>"])
async def test_a_text_with_any_letter_is_saved_and_loaded(text: str, home: Path) -> None:
    sent = text.replace("&", "&amp;").replace("<", "&lt;")
    async with piped(make_driver()) as indi:
        await typed(await indi.get_properties(), "ACTIVE_DEVICES", "ACTIVE_DOME", sent)
        assert (await indi.write("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    assert (home / ".indi" / "MATRIX_config.xml").read_text(encoding="utf-8")
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert indi.known["ACTIVE_DEVICES"].values["ACTIVE_DOME"] == text
