"""Servo: servos on pins, and a dust cap that one of them moves.

Pure modules, without INDI or a clock: `servo_messages`, `travel`.
Not here: inputs and outputs (gpio), and what both agree on (agreements).
"""
