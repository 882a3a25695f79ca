"""INDI messages as bytes and back: what clients write, what a driver sends, and values as text. No I/O.

What a property holds is in `properties`; sockets and pipes are in `transport` and `server`.
"""
