"""INDI driver for MATRIX Creator and MATRIX Voice boards."""

__version__ = "0.1.0"
