"""Between a driver and its clients: indipydriver's hooks, standard input and output, inbox and outbox.

Only `driver` and `library` touch indipydriver's private parts. Clients over TCP are in `server`.
"""
