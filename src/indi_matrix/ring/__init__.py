"""What the ring of LEDs shows, in the words of the board. Pure: knows neither INDI nor MALOS, and no clock."""
