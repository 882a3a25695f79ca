"""Imu: attitude, acceleration, rotation and magnetic field, as libindi's IMU interface has them.

Not here: what makes a number a reading (devices.sensor).
"""
