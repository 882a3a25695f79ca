"""The driver's way to its clients: indipydriver's hooks, standard input and output, what waits on either side.

All of indipydriver's private parts are in `driver` and `library`. Clients over TCP are in `server`.
"""
