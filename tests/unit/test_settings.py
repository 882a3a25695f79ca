from pathlib import Path

import pytest

from indi_matrix.errors import SettingsError
from indi_matrix.settings import Address, BoardSettings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("pi", Address("pi", 20012)),
        ("pi.local:30000", Address("pi.local", 30000)),
        ("192.168.0.7:1", Address("192.168.0.7", 1)),
        ("::1", Address("::1", 20012)),
        ("[::1]", Address("::1", 20012)),
        ("[fe80::1%eth0]:65535", Address("fe80::1%eth0", 65535)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":20012",
        "pi:",
        "pi:0",
        "pi:65536",
        "pi:-1",
        "pi:abc",
        "a b",
        "pi:\uff11",
        "[::1",
        "x/y",
        "pi:1e3",
        "a..b",
        ".",
        "-",
        "%",
        "pi.",
        "x" * 64,
        ".".join(["x" * 63] * 4),
        "127.0.0.1:1:1",
        ":::",
        "a:b:c",
        "fe80::1%a\nb",
        "fe80::1%a b",
        "fe80::1%a/b",
        "fe80::1%",
        "fe80::1%" + "x" * 16,
        "pi\n",
        "pi\0",
    ],
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(SettingsError):
        Address.parse(text)


def test_what_goes_before_what() -> None:
    environ = {"INDIDEV": "From Environment", "INDI_MATRIX_ADDRESS": "pi:1"}
    assert BoardSettings.from_environment(None, None, {}) == BoardSettings(
        "MATRIX", Address("127.0.0.1", 20012), address_given=False
    )
    assert BoardSettings.from_environment(None, None, environ) == BoardSettings(
        "From Environment", Address("pi", 1)
    )
    assert BoardSettings.from_environment("Mine", "other", environ) == BoardSettings(
        "From Environment", Address("other", 20012)
    )
    assert BoardSettings.from_environment("Mine", None, {}).name == "Mine"


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        (BoardSettings.from_environment("North Pier", None, {}), ".indi/North Pier_config.xml"),
        (BoardSettings.from_environment(None, None, {"INDICONFIG": ""}), ".indi/MATRIX_config.xml"),
        (BoardSettings.from_environment("North", None, {"INDICONFIG": "/a/b c"}), "/a/b c"),
        (BoardSettings("North"), ".indi/North_config.xml"),
    ],
)
def test_the_config_file(settings: BoardSettings, file: str, home: Path) -> None:
    assert settings.config_file == home / file


@pytest.mark.parametrize(
    ("arguments", "environ", "given"),
    [((None, None), {}, False), ((None, "pi"), {}, True), ((None, None), {"INDI_MATRIX_ADDRESS": "pi"}, True)],
)
def test_whether_an_address_was_given(
    arguments: tuple[None, str | None], environ: dict[str, str], given: bool
) -> None:
    assert BoardSettings.from_environment(*arguments, environ).address_given is given


@pytest.mark.parametrize("environ", [{}, {"INDIDEV": "North"}, {"INDIDEV": "x" * 64}])
@pytest.mark.parametrize("name", ["", "x" * 64, "a\nb"])
def test_a_name_is_checked_even_if_the_environment_has_another(name: str, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^name: .* cannot name a device"):
        BoardSettings.from_environment(name, None, environ)


def test_an_empty_address_is_none() -> None:
    with pytest.raises(SettingsError, match=r"^address: '' is neither"):
        BoardSettings.from_environment(None, "", {"INDI_MATRIX_ADDRESS": "pi"})


def test_an_empty_variable_gives_nothing() -> None:
    environ = {"INDIDEV": "", "INDI_MATRIX_ADDRESS": ""}
    assert BoardSettings.from_environment("Mine", None, environ) == BoardSettings(
        "Mine", Address(), address_given=False
    )


@pytest.mark.parametrize("name", ["x" * 64, "Sternwarte \u00fc", "a\nb"])
def test_no_names(name: str) -> None:
    with pytest.raises(SettingsError, match=r"INDIDEV: .* cannot name a device"):
        BoardSettings.from_environment(None, None, {"INDIDEV": name})


def test_the_source_of_a_bad_address_is_told() -> None:
    with pytest.raises(SettingsError, match=r"INDI_MATRIX_ADDRESS: .* no port"):
        BoardSettings.from_environment(None, None, {"INDI_MATRIX_ADDRESS": "pi:x"})
