"""The client side of MALOS: where its ports are, how its drivers are talked to, when one counts as lost.

Not here: what a driver's messages mean for a board (devices), and when to connect again (board).
Nothing here knows of INDI.
"""
