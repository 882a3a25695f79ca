"""MALOS' protobuf messages, made from the schemas inside the installed matrix-io-proto.

Its generated modules date from 2019, and protobuf 4 and later refuse to import them. The schemas inside them are
still valid: they are read as text, and today's protobuf makes the classes. That takes some 15 ms, once: so it is
done when the first message is made or read, and a driver that is not connected does without protobuf.
"""

import ast
from collections.abc import Iterable
from functools import cache, cached_property
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indi_matrix.errors import SchemaError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

# In the order of their imports.
_SCHEMAS = ("malos/v1/io", "malos/v1/sense", "malos/v1/driver")

# The messages that a DriverConfig has for drivers that are not used here, by schema. Z-Wave's alone is longer than
# all of _SCHEMAS, so what a DriverConfig needs of these is made here: messages of these names, without fields.
_EMPTY = {"maloseye": ("MalosEyeConfig",), "comm": ("LircParams", "ZWaveMsg", "ZigBeeMsg")}


def _folder() -> Path:
    """Return the folder of the package matrix_io.proto."""
    try:
        spec = util.find_spec("matrix_io.proto")
    except ModuleNotFoundError:  # where there is no matrix_io at all
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise SchemaError("matrix-io-proto is not installed: pip install matrix-io-proto==0.0.32")
    return Path(next(iter(spec.submodule_search_locations)))


def _serialized_schema(module: Path) -> bytes:
    """Return the bytes of the FileDescriptorProto that a generated module holds, without running it.

    Raises:
        SchemaError: The file cannot be read, or holds no such literal.
    """
    try:
        source = module.read_text("utf-8")
    except OSError as error:
        raise SchemaError(f"matrix-io-proto has no readable {module.name}: {error.strerror}") from error
    # The literal is one line: `  serialized_pb=_b('...')`. Parsing it alone spares the rest of the file.
    for line in source.splitlines():
        name, _, call = line.strip().partition("=")
        if name == "serialized_pb" and call.startswith("_b("):
            text = ast.literal_eval(call[len("_b") :])
            return str(text).encode("latin-1")
    raise SchemaError(f"{module.name} of matrix-io-proto holds no serialized_pb")


@cache
def _pool() -> "DescriptorPool":
    """Return a private pool with the schemas."""
    from google.protobuf import descriptor_pool

    pool = descriptor_pool.DescriptorPool()
    for schema, names in _EMPTY.items():
        pool.AddSerializedFile(_empty_schema(f"matrix_io/malos/v1/{schema}", names))
    folder = _folder()
    for schema in _SCHEMAS:
        pool.AddSerializedFile(_serialized_schema(folder / f"{schema}_pb2.py"))
    return pool


def _empty_schema(path: str, names: Iterable[str]) -> bytes:
    """Return the bytes of a FileDescriptorProto with messages that have no fields.

    They are made by hand, as protobuf's own descriptor_pb2 would take 0.6 MiB.
    """
    messages = b"".join(_element(4, _element(1, name.encode())) for name in names)
    return _element(1, f"{path}.proto".encode()) + _element(2, path.replace("/", ".").encode()) + messages


def _element(field: int, data: bytes) -> bytes:
    """Return a field of a message as protobuf writes it: up to 127 bytes in one of the fields 1 to 15."""
    return bytes((field << 3 | 2, len(data))) + data


class MessageClass:
    """The class of a message, made when it is first used. Its fields exist only at run time, so all is Any."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, **fields: Any) -> Any:
        """Return a new message."""
        return self._made(**fields)

    def __getattr__(self, name: str) -> Any:
        """Return what is not here yet: what protobuf's class has, once and for all."""
        if name.startswith("__"):  # Python asks for some of each attribute of an abstract class
            raise AttributeError(name)
        value = getattr(self._made, name)
        setattr(self, name, value)
        return value

    def read(self, payload: bytes) -> Any:
        """Return the message in some bytes; None where they hold no such message."""
        try:
            return self.FromString(payload)
        except _decode_error():  # which is looked for only then: each update of an idle board comes by here
            return None

    @cached_property
    def _made(self) -> Any:
        from google.protobuf.message_factory import GetMessageClass

        return GetMessageClass(_pool().FindMessageTypeByName(f"matrix_io.malos.v1.{self._name}"))


def _decode_error() -> type[Exception]:
    from google.protobuf.message import DecodeError

    return DecodeError


def load() -> None:
    """Load protobuf and the schemas now, and not with the first message."""
    _pool()


def in_words(config: bytes) -> str:
    """Return a DriverConfig as one line of text."""
    return " ".join(str(DriverConfig.FromString(config)).split())


DriverConfig = MessageClass("driver.DriverConfig")
MalosDriverInfo = MessageClass("driver.MalosDriverInfo")
Status = MessageClass("driver.Status")
EverloopImage = MessageClass("io.EverloopImage")
GpioParams = MessageClass("io.GpioParams")
ServoParams = MessageClass("io.ServoParams")
Humidity = MessageClass("sense.Humidity")
HumidityParams = MessageClass("sense.HumidityParams")
Imu = MessageClass("sense.Imu")
Pressure = MessageClass("sense.Pressure")
UV = MessageClass("sense.UV")
