"""A simulated board in a terminal: its drawing, the terminal's screen and keys, and the picture made of both.

Nothing here changes a board, except for the keys, which flip the levels on input pins.
"""
