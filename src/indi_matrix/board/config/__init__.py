"""CONFIG_PROCESS and the config file: what of a board's properties is saved, and how it comes back."""
