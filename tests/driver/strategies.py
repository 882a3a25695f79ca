"""Writes of every sort, good and bad, to every property that a driver may have."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

_RGBW = ("RED", "GREEN", "BLUE", "WHITE")
_PINS = tuple(f"PIN_{pin}" for pin in range(16))
_ENABLE = ("ENABLE", "DISABLE")
_ENABLED = ("INDI_ENABLED", "INDI_DISABLED")
FILTERS = ("Red", "Green", "H_Alpha")
_PARAMETERS = tuple(f"WEATHER_{name}" for name in ("TEMPERATURE", "HUMIDITY", "PRESSURE", "DEWPOINT", "UV"))

PROPERTIES = {
    "CONNECTION": ("Switch", ("CONNECT", "DISCONNECT")),
    "DRIVER_INFO": ("Text", ("DRIVER_NAME", "DRIVER_EXEC", "DRIVER_VERSION", "DRIVER_INTERFACE")),
    "DEVICE_ADDRESS": ("Text", ("ADDRESS", "PORT")),
    "CONNECTION_MODE": ("Switch", ("CONNECTION_TCP",)),
    "DEBUG": ("Switch", _ENABLE),
    "LOGGING_LEVEL": ("Switch", ("LOG_ERROR", "LOG_WARNING", "LOG_SESSION", "LOG_DEBUG")),
    "LOG_OUTPUT": ("Switch", ("CLIENT_DEBUG", "FILE_DEBUG")),
    "SIMULATION": ("Switch", _ENABLE),
    "CONFIG_PROCESS": ("Switch", ("CONFIG_LOAD", "CONFIG_SAVE", "CONFIG_DEFAULT", "CONFIG_PURGE")),
    "POLLING_PERIOD": ("Number", ("PERIOD_MS",)),
    "KEEP_ALIVE": ("Number", ("TIMEOUT",)),
    "ON_DISCONNECT": ("Switch", ("KEEP", "OFF")),
    "ACTIVE_DEVICES": ("Text", ("ACTIVE_FILTER", "ACTIVE_WEATHER", "ACTIVE_TELESCOPE", "ACTIVE_DOME")),
    "EVERLOOP_COLOR": ("Number", _RGBW),
    "EVERLOOP_IMAGE": ("Text", ("IMAGE",)),
    **{f"EVERLOOP_LED_{led}": ("Number", _RGBW) for led in range(1, 36)},
    "EVERLOOP_EFFECT": ("Switch", ("NONE", "RAINBOW", "PULSE", "CHASE")),
    "EVERLOOP_SPEED": ("Number", ("RATE",)),
    "EVERLOOP_NIGHT_MODE": ("Switch", _ENABLED),
    "EVERLOOP_STATUS": ("Switch", _ENABLED),
    "EVERLOOP_INFO": ("Text", ("BOARD", "LEDS")),
    "FLAT_LIGHT_CONTROL": ("Switch", ("FLAT_LIGHT_ON", "FLAT_LIGHT_OFF")),
    "FLAT_LIGHT_INTENSITY": ("Number", ("FLAT_LIGHT_INTENSITY_VALUE",)),
    "FLAT_LIGHT_FILTER_INTENSITY": ("Number", FILTERS),
    "GPIO_DIRECTION": ("Switch", _PINS),
    "GPIO_ACTIVE_LOW": ("Switch", _PINS),
    "GPIO_DEBOUNCE": ("Number", ("TIME",)),
    "GPIO_REGISTER": ("Number", ("PADS",)),
    "DIGITAL_OUTPUT_LABELS": ("Text", ("DIGITAL_OUTPUT_1", "DIGITAL_OUTPUT_2")),
    "DIGITAL_INPUT_LABELS": ("Text", ("DIGITAL_INPUT_3", "DIGITAL_INPUT_16")),
    **{f"DIGITAL_OUTPUT_{channel}": ("Switch", ("OFF", "ON")) for channel in range(1, 17)},
    **{f"DIGITAL_INPUT_{channel}": ("Switch", ("OFF", "ON")) for channel in range(1, 17)},
    **{f"PULSE_{pin}": ("Number", ("DURATION",)) for pin in range(16)},
    "ORIENTATION": ("Number", ("ROLL", "PITCH", "YAW", "QUATERNION_W")),
    "ACCELERATION": ("Number", ("ACCEL_X", "ACCEL_Y", "ACCEL_Z")),
    "GYROSCOPE": ("Number", ("GYRO_X", "GYRO_Y", "GYRO_Z")),
    "MAGNETOMETER": ("Number", ("MAG_X", "MAG_Y", "MAG_Z")),
    "UPDATE_RATE": ("Number", ("RATE",)),
    "DATA_THRESHOLD_PROPERTY": ("Number", ("DATA_THRESHOLD",)),
    **{f"DUTY_{pin}": ("Number", ("DUTY", "PERIOD")) for pin in range(16)},
    **{f"ON_LINK_LOSS_{pin}": ("Switch", ("KEEP", "OFF")) for pin in range(16)},
    "LINK_LOSS": ("Number", ("TIME",)),
    "DEW_HEATER": ("Number", ("PIN", "MARGIN", "FULL", "FALLBACK")),
    "DEW_HEATER_STATUS": ("Number", ("DUTY", "SPREAD")),
    "WEATHER_UPDATE": ("Number", ("PERIOD",)),
    "WEATHER_REFRESH": ("Switch", ("REFRESH",)),
    "WEATHER_OVERRIDE": ("Switch", ("OVERRIDE",)),
    "WEATHER_STATUS": ("Light", _PARAMETERS),
    "SAFETY_STATUS": ("Light", ("SAFETY",)),
    "WEATHER_PARAMETERS": ("Number", _PARAMETERS),
    **dict.fromkeys(_PARAMETERS, ("Number", ("MIN_OK", "MAX_OK", "PERC_WARN", "ALERT_TYPE"))),
    "WEATHER_CRITICAL": ("Switch", _PARAMETERS),
    "TEMPERATURE_CALIBRATION": ("Number", ("REFERENCE",)),
    "SERVO_PINS": ("Switch", _PINS),
    "DUST_CAP": ("Number", ("PIN", "PARKED", "UNPARKED", "TRAVEL")),
}
"""Kind and members of each property; of the labels' members those that are there with pins 0 and 1 as outputs."""

# LEDs and pins are many and alike.
_DRAWN = [
    name
    for name in PROPERTIES
    if not name.startswith(
        ("EVERLOOP_LED_", "DIGITAL_OUTPUT_", "DIGITAL_INPUT_", "PULSE_", "DUTY_", "ON_LINK_LOSS_")
    )
] + [
    "EVERLOOP_LED_1", "EVERLOOP_LED_18", "EVERLOOP_LED_19", "EVERLOOP_LED_35",
    "DIGITAL_OUTPUT_1", "DIGITAL_OUTPUT_2", "DIGITAL_OUTPUT_16", "DIGITAL_INPUT_1", "DIGITAL_INPUT_3",
    "DIGITAL_OUTPUT_LABELS", "DIGITAL_INPUT_LABELS", "PULSE_0", "PULSE_1", "PULSE_2",
    "DUTY_0", "DUTY_1", "DUTY_2", "ON_LINK_LOSS_1", "ON_LINK_LOSS_2",
]  # fmt: skip


@dataclass(frozen=True)
class Value:
    """A text, and the number that INDI reads in it; None if it is no number."""

    text: str
    number: float | None = None

    def __repr__(self) -> str:
        text = self.text if len(self.text) < 100 else f"{self.text[:30]}... of {len(self.text)}"
        return f"Value({text!r}, {self.number})"


@dataclass(frozen=True)
class One:
    """A member element."""

    tag: str
    name: str | None
    value: Value
    how: str = "plain"

    @property
    def xml(self) -> str:
        name = "" if self.name is None else f" name={_attribute(self.name)}"
        return f"<{self.tag}{name}>{_WAYS[self.how](self.value.text)}</{self.tag}>"


@dataclass(frozen=True)
class Written:
    """A vector addressed to a property."""

    name: str
    kind: str
    ones: tuple[One, ...]
    extra: str = ""

    @property
    def xml(self) -> str:
        tag, members = f"new{self.kind}Vector", "".join(one.xml for one in self.ones)
        return f'<{tag} device="MATRIX" name={_attribute(self.name)}{self.extra}>{members}</{tag}>'


def _attribute(text: str) -> str:
    return quoteattr(text, {"\t": "&#9;"})


def _plain(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _section(text: str) -> str:
    return _plain(text) if "\r" in text or "]]>" in text else f"<![CDATA[{text}]]>"


_WAYS: dict[str, Callable[[str], str]] = {
    "plain": _plain,
    "section": _section,
    "references": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "split by a comment": lambda text: f"{_plain(text[:1])}<!-- 7 -->{_plain(text[1:])}",
    "with an element behind": lambda text: f'{_plain(text)}<junk name="RED"><junk/></junk>8',
    "on a line of its own": lambda text: f"\n    {_plain(text)}\n  ",
}


def _in_base_60(number: int) -> Value:
    degrees, minutes, seconds = number // 3600, number // 60 % 60, number % 60
    return Value(f"{degrees}:{minutes:02}:{seconds:02}", degrees + minutes / 60 + seconds / 3600)


_NO_NUMBERS = (
    "", " ", "nan", "NaN", "-nan", "inf", "-INF", "Infinity", "1e999", "-1e999", "9" * 5000, "0x10", "1_0", "--5",
    "+-1", "1e", "e5", ".", "1:2:3:4", "1:", ":1", "1:-2", "1,5", "5%", "\uff11\uff12", "\u0661", "\u00b2",
    "1\u00a02", "On", "5\x7f", "A" * 70000, "%s%n", "../../etc/passwd",
)  # fmt: skip
_EDGES = (
    0, 1, 9, 10, 18, 60, 61, 128, 254, 255, 256, 600, 601, 10000, 60000, 65535, 65536, 600000, 600001, 1e30, -1,
)  # fmt: skip

_NO_XML = "".join(map(chr, range(32))) + "\ufffe\uffff"

# Without digits, so that it is never a number by chance.
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Nd"), exclude_characters=_NO_XML))
_LINES = st.text(st.sampled_from("a\t\n\r \x7f\x85\xa0\u2028\ufeff\ufffd\U0001f52d\"'<>&;"), max_size=8)

_NUMBERS = st.one_of(
    st.sampled_from((0, 255)).map(lambda number: Value(str(number), number)),
    st.sampled_from(_EDGES).map(lambda number: Value(repr(number), number)),
    st.integers(0, 255).map(lambda number: Value(str(number), number)),
    st.floats(-10, 300).map(lambda number: Value(repr(number), number)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: Value(repr(number), number)),
    st.floats(0, 300).map(lambda number: Value(f"  +{number:.3e} ", float(f"{number:.3e}"))),
    st.integers(0, 40 * 3600).map(_in_base_60),
    st.just(Value("0" * 5000 + "7", 7)),
)
_TEXTS = st.one_of(st.sampled_from(_NO_NUMBERS), _WORDS, _LINES).map(Value)
_SWITCHES = st.sampled_from(("On", "Off", " On\n", "Off ")).map(Value)
_NO_SWITCHES = st.sampled_from(("on", "OFF", "true", "1", "", "On Off", "0n")).map(Value)

_GOOD_WORD = st.sampled_from(("FF0000", "00ff0080", "0000007F"))
_IMAGES = st.one_of(
    *(st.lists(_GOOD_WORD, min_size=leds, max_size=leds) for leds in (18, 35)),
    st.lists(st.one_of(_GOOD_WORD, st.sampled_from(("FF00", "GGGGGG", "\uff10" * 6))), max_size=36),
).map(lambda words: Value(" ".join(words)))
_MEANT = {
    "EVERLOOP_IMAGE": _IMAGES,
    "DEVICE_ADDRESS": st.sampled_from(("127.0.0.1", "localhost", "::1", "a b", "20012", "65536", "0")).map(Value),
    "ACTIVE_DEVICES": st.sampled_from(("Filter Simulator", "MATRIX", "", "Dome Simulator")).map(Value),
    "DIGITAL_OUTPUT_LABELS": st.sampled_from(("Roof motor", "x" * 63, "x" * 64, "T\u00fcr", "")).map(Value),
    "DIGITAL_INPUT_LABELS": st.sampled_from(("Rain", "a < b & c", "tab\there")).map(Value),
}
_OF_KIND = {"Number": _NUMBERS, "Switch": _SWITCHES, "Text": _TEXTS}
_ANY_VALUE = st.one_of(_TEXTS, _NO_SWITCHES, _NUMBERS, _SWITCHES, _IMAGES)
_ANY_NAME = st.one_of(
    st.none(), st.just("N" * 3000), st.sampled_from(("", "red", " RED", "RED ", "PIN_16", "FLAT", "name")), _WORDS,
    st.sampled_from(sorted({member for _, members in PROPERTIES.values() for member in members})),
)  # fmt: skip
_ANY_TAG = st.sampled_from(
    ("oneNumber", "oneSwitch", "oneText", "oneBLOB", "oneLight", "defNumber", "one", "ONENUMBER")
)
_EXTRAS = st.sampled_from(
    (
        ' timestamp="yesterday"', ' state="Alert" perm="wo" rule="AnyOfMany"', ' message="[INFO] hello"',
        ' timeout="-1" min="0" max="1e9"', ' label="" group="&lt;&#10;"', f' junk="{"j" * 5000}"',
    )
)  # fmt: skip


def _seldom(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 9)) == 9


def _written_kind(name: str) -> str:
    """Return the kind of vector to write to a property; there is none for lights."""
    kind = PROPERTIES[name][0]
    return "Switch" if kind == "Light" else kind


@st.composite
def _ones(draw: st.DrawFn, name: str) -> One:
    """Return a member element for a property, mostly a fitting one."""
    kind, members = _written_kind(name), PROPERTIES[name][1]
    return One(
        draw(_ANY_TAG) if _seldom(draw) else f"one{kind}",
        draw(_ANY_NAME) if _seldom(draw) else draw(st.sampled_from(members)),
        draw(_ANY_VALUE if _seldom(draw) else _MEANT.get(name, _OF_KIND[kind])),
        draw(st.sampled_from(sorted(_WAYS))) if _seldom(draw) else "plain",
    )


@st.composite
def writes(draw: st.DrawFn) -> Written:
    """Return a vector for any of the properties, mostly of the right kind."""
    name = draw(st.sampled_from(_DRAWN))
    kind, members = _written_kind(name), PROPERTIES[name][1]
    ones = draw(
        st.lists(
            _ones(name),
            min_size=0 if _seldom(draw) else 1,
            max_size=min(4, len(members) + 1),
            unique_by=None if _seldom(draw) else lambda one: one.name,
        )
    )
    return Written(
        name,
        draw(st.sampled_from(("Number", "Switch", "Text", "BLOB"))) if _seldom(draw) else kind,
        tuple(ones),
        draw(_EXTRAS) if _seldom(draw) else "",
    )


_HEADS = st.sampled_from(
    (
        'name="EVERLOOP_COLOR"', 'device="MATRIX"', 'device="NOBODY" name="EVERLOOP_COLOR"', 'device="" name=""',
        'device="matrix" name="DEBUG"', 'device="MATRIX" name=""', 'device="MATRIX" name="DEBUG "',
        'device="MATRIX" name="EVERLOOP_LED_36"', 'device="MATRIX" name="%s&#10;\u00fc"', "",
        f'device="MATRIX" name="{"N" * 3000}"', 'device=MATRIX name="DEBUG"',
        'device="MATRIX" name="DEBUG" name="DEBUG"',
    )
)  # fmt: skip
_TAGS = st.sampled_from(
    (
        "newNumberVector", "newSwitchVector", "newTextVector", "newBLOBVector", "newLightVector",
        "setNumberVector", "defNumberVector", "delProperty", "message", "enableBLOB", "getProperties", "x:y",
    )
)  # fmt: skip
_INSIDES = st.one_of(
    st.just('<oneNumber name="RED">1</oneNumber>'),
    _LINES,
    st.sampled_from(("<a>" * 9 + "</a>" * 9, "&#0;", "&unknown;", "<!-- -->", "<oneNumber", "]]>", "\x01\x1b")),
)


@st.composite
def unaddressed(draw: st.DrawFn) -> str:
    """Return XML, or what looks like it, that is addressed to no property of ours."""
    tag = draw(_TAGS)
    return f"<{tag} {draw(_HEADS)}>{draw(_INSIDES)}</{tag}>"
