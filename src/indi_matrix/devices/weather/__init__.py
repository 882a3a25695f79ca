"""The weather of a Creator: sensors of humidity, pressure and UV, joined to one station with INDI's WEATHER_*.

Each sensor is a declaration that knows nothing of those; the station knows nothing of MALOS.
"""
