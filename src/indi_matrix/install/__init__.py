"""`indi_matrix install`: write the files by which KStars, indi-web and systemd find the driver, or remove them."""

from indi_matrix.install.installation import Installation

__all__ = ["Installation"]
