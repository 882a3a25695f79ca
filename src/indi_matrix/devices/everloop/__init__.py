"""Everloop: the ring of LEDs.

Pure modules, without INDI, MALOS or a clock: `picture`, `effects`, `status`, `observatory`, `show`.
"""
