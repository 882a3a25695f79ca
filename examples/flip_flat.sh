#!/bin/sh
# A flip-flat: a servo closes a flap over the telescope, and the ring behind that flap is the flat panel.
#
# How to wire it: the servo's signal on pin 5; its 5 V from a supply of its own that can give what it draws when it
# stalls, not from the board; the ground of that supply and the board's ground connected. Pins are for 3.3 V, never 5 V.
# 0 degrees is a pulse of 0.58 ms and 180 degrees one of 2.75 ms, which is more than many servos can follow: without
# the flap, find the two angles with SERVO_ANGLE_5, and keep away from where the servo hums. Nobody can ask a servo
# where it is: the first move begins at the other end, so have the flap there. A supply that comes back may twitch it.
#
# Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:
#
#     sh examples/flip_flat.sh [HOST [PORT [SECONDS]]]
#
# The flap closes within those seconds (5), the ring is lit and dark again, and the flap opens. Ekos does the same for
# each flat. The set-up is saved. Exit status 0: it was so.
set -eu
host=${1:-localhost} port=${2:-7624} seconds=${3:-5}

put() { indi_setprop -h "$host" -p "$port" "$@"; }
await() { indi_eval -h "$host" -p "$port" -t "${2:-10}" -w "$1"; } # states: 0 Idle, 1 Ok, 2 Busy, 3 Alert

await '"MATRIX.CONNECTION.CONNECT" >= 0'
put -s 'MATRIX.CONNECTION.CONNECT=On'
await '"MATRIX.CONNECTION.CONNECT" == 1 && "MATRIX.CONNECTION._STATE" == 1'

# Nothing moves yet: a servo, what its angle may be, and the flap's two angles.
put -s 'MATRIX.SERVO_PINS.PIN_5=On'
await '"MATRIX.SERVO_LIMITS_5.MINIMUM" >= 0'
put -n 'MATRIX.SERVO_LIMITS_5.MINIMUM;MAXIMUM=20;160'
await '"MATRIX.SERVO_LIMITS_5.MINIMUM" == 20 && "MATRIX.SERVO_LIMITS_5.MAXIMUM" == 160'
put -n "MATRIX.DUST_CAP.PIN;PARKED;UNPARKED;TRAVEL=5;30;150;$seconds"
await '"MATRIX.DUST_CAP.PIN" == 5 && "MATRIX.DUST_CAP.PARKED" == 30 && "MATRIX.DUST_CAP.UNPARKED" == 150'
await '"MATRIX.CAP_PARK.PARK" >= 0'
put -s 'MATRIX.CONFIG_PROCESS.CONFIG_SAVE=On'
await '"MATRIX.CONFIG_PROCESS._STATE" == 1'

# A flat: the light is refused while the flap is open.
put -s 'MATRIX.CAP_PARK.PARK=On'
await '"MATRIX.CAP_PARK.PARK" == 1 && "MATRIX.CAP_PARK._STATE" == 1' 70
put -n 'MATRIX.FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE=64'
put -s 'MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On'
await '"MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON" == 1 && "MATRIX.FLAT_LIGHT_CONTROL._STATE" == 1'

# Back to the stars: the light goes off by itself before the flap opens.
put -s 'MATRIX.CAP_PARK.UNPARK=On'
await '"MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF" == 1'
await '"MATRIX.CAP_PARK.UNPARK" == 1 && "MATRIX.CAP_PARK._STATE" == 1' 70
