"""`indi_matrix install`: write the files by which KStars, indi-web and systemd find the driver, or remove them.

Here are the files' texts, how they are written, and which folders root may write to. The options are in `cli`.
"""

from indi_matrix.install.installation import Installation

__all__ = ["Installation"]
