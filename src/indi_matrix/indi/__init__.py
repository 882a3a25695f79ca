"""INDI: messages as bytes (wire), properties, and the ways to and from clients (transport, server).

Nothing here knows of MALOS, ZeroMQ or protobuf.
"""
