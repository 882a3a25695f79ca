"""The dew heater: an output whose duty follows from temperature and dew point.

Not here: how an output is driven for a share of each period (gpio), and where the weather comes from (board).
"""
