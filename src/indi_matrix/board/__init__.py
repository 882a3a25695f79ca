"""One board, which is one INDI device: its writes, its connection and its config file.

What each MATRIX device of a board does is in `indi_matrix.devices`.
"""
