"""The TCP server of `indi_matrix serve`: its clients, and the drivers behind it.

A driver that indiserver starts uses nothing of this.
"""
