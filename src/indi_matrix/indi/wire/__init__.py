"""INDI messages as bytes and back: readers, the writer, set vectors, and values as text. No I/O.

What a property holds is in `properties`; sockets and pipes are in `transport` and `server`.
"""
