"""What fuzzed messages are made from: what clients, indiserver and other drivers send, and what nobody should."""

from typing import Final

DEVICE: Final = "MATRIX"
# Nobody listens there, and whatever is made of it by chance is no address of anybody else's.
NOWHERE: Final = ("::1", "9")


def _write(kind: str, name: str, members: dict[str, object]) -> bytes:
    inside = "".join(f'<one{kind} name="{member}">{value}</one{kind}>' for member, value in members.items())
    return f'<new{kind}Vector device="{DEVICE}" name="{name}">{inside}</new{kind}Vector>\n'.encode()


def numbers(name: str, **members: float) -> bytes:
    """Return a write of numbers."""
    return _write("Number", name, dict(members))


def switches(name: str, **members: bool) -> bytes:
    """Return a write of switches."""
    return _write("Switch", name, {member: "On" if on else "Off" for member, on in members.items()})


def texts(name: str, **members: str) -> bytes:
    """Return a write of texts."""
    return _write("Text", name, dict(members))


def _image(inside: bytes) -> bytes:
    return b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'>" + inside + b"</newTextVector>\n"


def picture(first: str) -> str:
    """Return the words of a picture for a Creator's ring, which begin with the colour of its first LED."""
    return " ".join([first, *["01020304"] * 34])


WRITES: Final = [
    *(numbers(f"EVERLOOP_LED_{number}", RED=number, GREEN=0, BLUE=255, WHITE=7.5) for number in (1, 17, 35)),
    numbers("EVERLOOP_LED_36", RED=1),
    numbers("EVERLOOP_COLOR", RED=255, GREEN=128, BLUE=0, WHITE=1),
    texts("EVERLOOP_IMAGE", IMAGE=picture("FF8000")),
    texts("EVERLOOP_IMAGE", IMAGE="FF800000"),
    switches("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON=True, FLAT_LIGHT_OFF=False),
    switches("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF=True),
    numbers("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=100),
    numbers("FLAT_LIGHT_FILTER_INTENSITY", FILTER_1=10, FILTER_2=20),
    switches("EVERLOOP_EFFECT", RAINBOW=True),
    switches("EVERLOOP_EFFECT", NONE=True, CHASE=False),
    numbers("EVERLOOP_SPEED", RATE=60),
    switches("EVERLOOP_NIGHT_MODE", INDI_ENABLED=True, INDI_DISABLED=False),
    switches("EVERLOOP_STATUS", INDI_DISABLED=True),
    switches("GPIO_DIRECTION", PIN_0=True, PIN_1=True, PIN_15=False),
    switches("GPIO_ACTIVE_LOW", PIN_0=False, PIN_3=True),
    numbers("GPIO_DEBOUNCE", TIME=20),
    numbers("GPIO_REGISTER", PADS=65535),
    switches("DIGITAL_OUTPUT_1", ON=True),
    switches("DIGITAL_OUTPUT_2", OFF=True, ON=False),
    switches("DIGITAL_INPUT_3", ON=True),
    texts("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1="Dew heater", DIGITAL_OUTPUT_2="Fan &amp; lamp"),
    texts("DIGITAL_INPUT_LABELS", DIGITAL_INPUT_3="Roof closed"),
    numbers("PULSE_0", DURATION=50),
    numbers("DUTY_1", DUTY=30, PERIOD=2),
    switches("ON_LINK_LOSS_1", OFF=True),
    numbers("LINK_LOSS", TIME=1),
    numbers("DEW_HEATER", PIN=1, MARGIN=20, FULL=1, FALLBACK=30),
    # No right one: a service does not get out of a delay of minutes, and without it no board can be connected.
    numbers("POLLING_PERIOD", PERIOD=200),
    numbers("KEEP_ALIVE", TIMEOUT=5),
    switches("ON_DISCONNECT", KEEP=True),
    switches("CONNECTION_MODE", CONNECTION_TCP=True),
    switches("SIMULATION", DISABLE=True, ENABLE=False),
    switches("DEBUG", DISABLE=True),
    switches("LOGGING_LEVEL", LOG_ERROR=True, LOG_DEBUG=True),
    switches("LOG_OUTPUT", CLIENT_DEBUG=True, FILE_DEBUG=False),
    texts("DRIVER_INFO", DRIVER_NAME="other"),
    texts("ACTIVE_DEVICES", ACTIVE_FILTER="Filter Simulator", ACTIVE_DOME="Dome Simulator"),
    (
        b"<newBLOBVector device='MATRIX' name='BLOB'>"
        b"<oneBLOB name='X' size='3' format='.x'>AAAA</oneBLOB></newBLOBVector>"
    ),
    b"<newLightVector device='MATRIX' name='WEATHER_STATUS'><oneLight name='X'>Ok</oneLight></newLightVector>",
    b'<newNumberVector device="MATRIX" name="EVERLOOP_COLOR"/>',
    b"<enableBLOB device='MATRIX'>Also</enableBLOB>\n",
    b"<enableBLOB device='MATRIX' name='BLOB'>Never</enableBLOB>\n",
    b'<getProperties version="1.7" device="MATRIX" name="EVERLOOP_LED_3"/>\n',
    b"<getProperties version='2.0' device='MATRIX' name='DEBUG'/>\n",
    b'<getProperties version="1.7" device="Dome Simulator" name="CONNECTION"/>\n',
    b"<pingReply uid='12'/>\n",
    b"<pingRequest uid='12'/>\n",
]

OF_DEVICES: Final = [
    (
        b"<defTextVector device='Filter Simulator' name='FILTER_NAME' label='Filter' group='Filter' "
        b"state='Ok' perm='rw'>"
        b"<defText name='FILTER_SLOT_NAME_1' label='1'>\n    Red\n</defText>"
        b"<defText name='FILTER_SLOT_NAME_2' label='2'>Green</defText></defTextVector>\n"
    ),
    (
        b"<setNumberVector device='Filter Simulator' name='FILTER_SLOT' state='Ok' timeout='5' "
        b"timestamp='2026-01-02T03:04:05'>"
        b"<oneNumber name='FILTER_SLOT_VALUE'>2</oneNumber></setNumberVector>\n"
    ),
    (
        b"<setSwitchVector device='Dome Simulator' name='CONNECTION' state='Ok'>"
        b"<oneSwitch name='CONNECT'>On</oneSwitch><oneSwitch name='DISCONNECT'>Off</oneSwitch></setSwitchVector>\n"
    ),
    (
        b"<setLightVector device='Weather Simulator' name='WEATHER_STATUS' state='Alert'>"
        b"<oneLight name='WEATHER_WIND_SPEED'>Alert</oneLight></setLightVector>\n"
    ),
    (
        b"<setTextVector device='MATRIX' name='EVERLOOP_IMAGE' state='Ok'>"
        b"<oneText name='IMAGE'>lie</oneText></setTextVector>"
    ),
    (
        b"<defSwitchVector device='MATRIX' name='CONNECTION' label='' group='' "
        b"state='Ok' perm='rw' rule='OneOfMany'>"
        b"<defSwitch name='CONNECT' label=''>Off</defSwitch></defSwitchVector>\n"
    ),
    (
        b"<message device='Dome Simulator' timestamp='2026-01-02T03:04:05' "
        b"message='[INFO] it&apos;s open &gt; 21 \xc2\xb0C'/>\n"
    ),
    b"<message message='about no device'/>\n",
    b"<delProperty device='Filter Simulator' name='FILTER_NAME'/>\n",
    b"<delProperty device='Filter Simulator'/>\n",
    b"<delProperty device='MATRIX'/>\n",
]

RARE: Final = [
    b'<getProperties version="1.7"/>\n',
    b"<getProperties version='1.0' device='MATRIX'/>\n",
    b"<getProperties/>\n",
    switches("CONNECTION", CONNECT=True),
    switches("CONNECTION", CONNECT=True, DISCONNECT=False),
    switches("CONFIG_PROCESS", CONFIG_LOAD=True),
    switches("CONFIG_PROCESS", CONFIG_SAVE=True),
    switches("CONFIG_PROCESS", CONFIG_DEFAULT=True),
    switches("CONFIG_PROCESS", CONFIG_PURGE=True),
    switches("DEBUG", ENABLE=True),
    switches("LOG_OUTPUT", FILE_DEBUG=True),
    switches("SIMULATION", ENABLE=True),
    switches("ON_DISCONNECT", OFF=True),
    texts("DEVICE_ADDRESS", ADDRESS=NOWHERE[0], PORT=NOWHERE[1]),
]

RAREST: Final = [
    switches("CONNECTION", CONNECT=False, DISCONNECT=True),
    b"<message message='" + b"x" * 1_100_000 + b"'/>\n",
    b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'><!-- never ended",
    b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'><oneText name='IMAGE'><![CDATA[ never ended",
]

_GET: Final = '<getProperties version="1.7" device="MATRIX" name="DEBUG"/>'
_BOMB: Final = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>'

SPECIALS: Final = [
    b'<?xml version="1.0" encoding="UTF-8"?>\n',
    b"<?xml version='1.0' encoding='ISO-8859-1'?><message message='\xe9\xe8'/>\n",
    b"<?php while (1) { ?>\n",
    _BOMB + _image(b"<oneText name='IMAGE'>&d;</oneText>").rstrip(),
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd">\n',
    b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><message message='&x;'/>\n",
    _image(b"<oneText name='IMAGE'>&deg;</oneText>"),
    _image(b"<oneText name='IMAGE'><![CDATA[</oneText></newTextVector>]]></oneText>"),
    b"<!-- <newTextVector> -->\n",
    b"-->]]>\n",
    _image(b"<!-- -- > ]]> -->"),
    _GET.encode("utf-16"),
    _GET.encode("utf-16-be"),
    _GET.encode("utf-32"),
    b"\xef\xbb\xbf" + _GET.encode() + b"\n",
    b"<message message='caf\xe9'/>\n",
    b"<message message='\xff\xfe\xc0\x80\xed\xa0\x80\xf5'/>\n",
    b"<message\0 message='a\0b'/>\0\n",
    b"<message message='&#0;&#xFFFF;&#xD800;&#99999999;'/>\n",
    b"\0" * 100,
    b"<a>" * 6 + b"</a>" * 6,
    b"<a>" * 3000 + b"</a>" * 3000,
    b"<newSwitchVector device='MATRIX' name='DEBUG'>" * 30,
    b"<newTextVector device='MATRIX' name='"
    + b"N" * 20_000
    + b"'><oneText name='A'>x</oneText></newTextVector>\n",
    b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'><oneText name='IMAGE'>"
    + b"FF " * 9000
    + b"</oneText></newTextVector>",
    b"<message " + b" ".join(b"a%d='%d'" % (number, number) for number in range(1000)) + b"/>\n",
    b"<newTextVector device='MATRIX' name='DRIVER_INFO'>"
    + b"<oneText name='A'>x</oneText>" * 500
    + b"</newTextVector>\n",
    b"<newTextVector device=\"MATRIX' name='EVERLOOP_IMAGE'><oneText name='IMAGE'>x</oneText></newTextVector>\n",
    b"<newTextVector device='MATRIX",
    b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'><oneText name='IM",
    b"<newTextVector device='MATRIX' name='EVERLOOP_IMAGE'><oneText name='IMAGE'>",
    b"</newTextVector>\n",
    b"</a></b>\n",
    b"<" + b"n" * 70 + b"/>\n",
    b"<n" + b"\xc3\xa9" * 40 + b"/>\n",
    b"<newTextVector device='MATRIX' device='OTHER' name='EVERLOOP_IMAGE'/>\n",
    (
        b"<newTextVector xmlns='http://example.org/' xmlns:i='i' device='MATRIX' i:name='x'>"
        b"<i:oneText/></newTextVector>\n"
    ),
    _image(b"stray<b>text</b>"),
    (
        b"<newSwitchVector device='MATRIX' name='DEBUG'>"
        b"<oneSwitch name='ENABLE'>O<x/>n</oneSwitch></newSwitchVector>\n"
    ),
    b"<newSwitchVector><oneSwitch/></newSwitchVector>\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"<<<<>>>>\n",
    b"< message/>\n",
    b"\r\n\t  \n",
]
