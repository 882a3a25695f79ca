"""The TCP server of `indi_matrix serve`: its clients, and the drivers behind it.

Not here: how a driver receives and sends (transport), and what a message is (wire).
Under indiserver none of this runs.
"""
