"""INDI properties and the device that has them: members, states, rules, and how clients' writes are judged.

How they look as bytes is in `wire`; which ones there are, the board and its devices say.
"""
