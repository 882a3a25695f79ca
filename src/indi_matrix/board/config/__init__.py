"""CONFIG_PROCESS and the config file: saving a board's properties, and loading them."""
