"""Everloop: the ring of LEDs.

What the ring shows is pure, without INDI, MALOS or a clock: `picture`, `effects`, `status`, `observatory`, `show`.
"""
