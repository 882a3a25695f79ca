"""A pin: what it was told, what its pad shows, and how clients see that.

Not here: what all pins share, and what is sent (the folder above).
"""
