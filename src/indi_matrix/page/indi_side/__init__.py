"""The page as an INDI client: the connection, what is known of all devices, and what their rings show.

Nothing here knows of browsers.
"""
