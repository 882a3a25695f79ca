"""What the program has of the operating system: terminals, signals, files, descriptors, threads for what blocks.

Nothing here knows of INDI or MALOS.
"""
