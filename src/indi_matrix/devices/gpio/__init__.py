"""Gpio: the 16 pins, their directions, levels, pulses and labels.

Not here: how configs and updates travel (malos), and when the board connects (board).
"""
