"""INDI properties and the device that has them: members, states, rules, and how clients' writes are checked.

Their XML is in `wire`. Which properties exist is up to the board and its devices.
"""
