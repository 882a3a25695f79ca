"""CONFIG_PROCESS and the config file: saving a board's properties, and loading them.

Not here: whether a property is saved, which it says itself, and how files are written (system).
"""
