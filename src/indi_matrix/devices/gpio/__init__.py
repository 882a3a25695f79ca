"""Gpio: the 16 pins, their directions, levels, pulses and labels."""
