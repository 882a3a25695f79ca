"""One board, which is one INDI device: writes are judged here, and its connection lives here.

What a MATRIX device does is in `devices`; the config file is in `config`.
"""
