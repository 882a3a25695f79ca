"""What is spoken on MALOS' ZeroMQ sockets: messages, ports and links. Knows nothing of INDI."""
