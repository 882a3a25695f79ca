"""MALOS' protobuf messages, made from the schemas inside the installed matrix-io-proto.

Its generated modules date from 2019, and protobuf 4 and later refuse to import them. The schemas inside them are
still valid: they are read as text, and today's protobuf makes the classes. That takes 33 to 44 ms, once.
"""

import ast
from importlib import util
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from indi_matrix.errors import SchemaError

# In the order of their imports.
_SCHEMAS = (
    "common/entity",
    "malos/v1/io",
    "malos/v1/sense",
    "malos/v1/maloseye",
    "malos/v1/zwave_commands",
    "malos/v1/comm",
    "malos/v1/driver",
)


def _folder() -> Path:
    """Return the folder of the package matrix_io.proto."""
    spec = util.find_spec("matrix_io.proto")
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


def _pool() -> descriptor_pool.DescriptorPool:
    """Return a private pool with MALOS' schemas and the Google ones that they import."""
    pool = descriptor_pool.DescriptorPool()
    folder = _folder()
    for schema in _SCHEMAS:
        serialized = _serialized_schema(folder / f"{schema}_pb2.py")
        for name in descriptor_pb2.FileDescriptorProto.FromString(serialized).dependency:
            _add_google_schema(pool, name)
        pool.AddSerializedFile(serialized)
    return pool


def _add_google_schema(pool: descriptor_pool.DescriptorPool, name: str) -> None:
    """Copy one of protobuf's own schemas into the pool; do nothing for another name."""
    if name.startswith("google/protobuf/"):
        from importlib import import_module  # noqa: PLC0415

        module = import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)


_POOL = _pool()


def _message(name: str) -> Any:
    """Return the class of a message; Any, because its fields exist only at run time."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"matrix_io.malos.v1.{name}"))


def in_words(config: bytes) -> str:
    """Return a DriverConfig as one line of text."""
    return " ".join(str(DriverConfig.FromString(config)).split())


DriverConfig = _message("driver.DriverConfig")
MalosDriverInfo = _message("driver.MalosDriverInfo")
Status = _message("driver.Status")
EverloopImage = _message("io.EverloopImage")
GpioParams = _message("io.GpioParams")
ServoParams = _message("io.ServoParams")
Humidity = _message("sense.Humidity")
HumidityParams = _message("sense.HumidityParams")
Imu = _message("sense.Imu")
Pressure = _message("sense.Pressure")
UV = _message("sense.UV")
