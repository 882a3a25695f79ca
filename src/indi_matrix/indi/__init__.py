"""What is spoken with INDI clients: properties, writes and transports. Knows nothing of MALOS."""
