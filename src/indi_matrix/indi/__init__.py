"""INDI: messages as bytes, the properties that they are about, and the ways on which they come and go.

Nothing here knows of MALOS, ZeroMQ or protobuf.
"""
