#!/bin/sh
# A dew heater: a heating strap that gets the more power, the nearer the air is to its dew point.
#
# How to wire it: the strap between plus of its own supply (mostly 12 V) and the output of a MOSFET board that switches
# at 3.3 V; the input of that board on pin 4; its ground, that of the supply and the board's connected. Pins are for
# 3.3 V, never 5 V, and give only what an input needs. 10 kiloohm from pin 4 to ground keep the strap Off while the pin
# is an input, as before the first connect. No relay: each period switches it twice, and it wears out. While MALOS is
# away a pin stays as it was, perhaps On, so the strap must bear full power, or have a thermostat or a thermal fuse.
#
# Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:
#
#     sh examples/dew_heater.sh [HOST [PORT [CELSIUS [WEATHER]]]]
#
# CELSIUS is what a thermometer outside shows (15), as the board is warmer than the air. WEATHER is the weather station:
# MATRIX, the board itself, or another device of the same server, which is better. The heater is steered until somebody
# else writes its output, or the connection ends. Exit status 0: it is; what it does is printed.
set -eu
host=${1:-localhost} port=${2:-7624} celsius=${3:-15} weather=${4:-MATRIX}

put() { indi_setprop -h "$host" -p "$port" "$@"; }
await() { indi_eval -h "$host" -p "$port" -t 10 -w "$1"; } # states: 0 Idle, 1 Ok, 2 Busy, 3 Alert

await '"MATRIX.CONNECTION.CONNECT" >= 0'
put -s 'MATRIX.CONNECTION.CONNECT=On'
await '"MATRIX.CONNECTION.CONNECT" == 1 && "MATRIX.CONNECTION._STATE" == 1'

# Pin 4 is output number 5: with a name for clients, and a period of 10 s.
put -s 'MATRIX.GPIO_DIRECTION.PIN_4=On'
await '"MATRIX.DUTY_4.PERIOD" >= 1'
put -x 'MATRIX.DIGITAL_OUTPUT_LABELS.DIGITAL_OUTPUT_5=Dew heater'
put -n 'MATRIX.DUTY_4.DUTY;PERIOD=0;10'
await '"MATRIX.DUTY_4.PERIOD" == 10 && "MATRIX.DUTY_4._STATE" == 1'

put -x "MATRIX.ACTIVE_DEVICES.ACTIVE_WEATHER=$weather"
await '"MATRIX.TEMPERATURE_CALIBRATION.REFERENCE" > -100'
put -n "MATRIX.TEMPERATURE_CALIBRATION.REFERENCE=$celsius"
await '"MATRIX.TEMPERATURE_CALIBRATION._STATE" == 1'

# Heat from 5 degrees above the dew point on, with full power at 1; with 30 % while there is no weather.
put -n 'MATRIX.DEW_HEATER.PIN;MARGIN;FULL;FALLBACK=4;5;1;30'
await '"MATRIX.DEW_HEATER.PIN" == 4 && "MATRIX.DEW_HEATER._STATE" == 1 && "MATRIX.DEW_HEATER_STATUS._STATE" == 1'
put -s 'MATRIX.CONFIG_PROCESS.CONFIG_SAVE=On'
await '"MATRIX.CONFIG_PROCESS._STATE" == 1'
indi_getprop -h "$host" -p "$port" MATRIX.DEW_HEATER_STATUS.SPREAD MATRIX.DEW_HEATER_STATUS.DUTY
