"""What the program needs of the operating system: output, signals, files, descriptors, name look-ups, threads.

Not here: anything that knows of INDI or MALOS; descriptors that INDI is spoken on are in indi/transport.
"""
