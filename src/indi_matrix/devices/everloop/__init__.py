"""Everloop: the ring of LEDs.

Pure modules, without INDI, MALOS or a clock: `picture`, `effects`, `status`, `observatory`, `show`.
Not here: which devices the status ring snoops on, and how (board).
"""
