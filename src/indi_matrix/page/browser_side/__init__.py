"""One browser: what it is sent and when, what it asks for, and how both are written. No sockets."""
