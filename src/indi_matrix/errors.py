"""The errors of this package. Each also derives from the builtin error that fits it."""


class MatrixError(Exception):
    """Root of every error that this package raises on purpose."""


class SettingsError(MatrixError, ValueError):
    """A command line argument or an environment variable cannot be used."""


class WriteError(MatrixError, ValueError):
    """A client's write cannot be carried out; the text names property, member, value and limit."""


class ConfigError(MatrixError, OSError):
    """A config file cannot be read, written or removed, or is damaged; the text names its path and the cause."""


class LinkError(MatrixError, ConnectionError):
    """MALOS cannot be reached, or the link to it is lost."""


class SchemaError(MatrixError, ImportError):
    """The installed matrix-io-proto does not hold the expected schemas."""


class InstallError(MatrixError, OSError):
    """A file by which KStars, indi-web or systemd find the driver cannot be written, removed or read."""


class PageError(MatrixError, ImportError):
    """The package that serves the web page is not installed."""
