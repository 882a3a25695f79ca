#!/bin/sh
# Use the ring as a flat panel, with the command line tools of INDI (apt-get install indi-bin).
#
# Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:
#
#     sh examples/flat_panel.sh [HOST [PORT [SECONDS]]]
#
# The ring turns white at a quarter of its brightness, LED 3 red, and after 5 s all is dark. Exit status 0: it was so.
set -eu
host=${1:-localhost} port=${2:-7624} seconds=${3:-5}

put() { indi_setprop -h "$host" -p "$port" "$@"; }
await() { indi_eval -h "$host" -p "$port" -t 10 -w "$1"; } # states: 0 Idle, 1 Ok, 2 Busy, 3 Alert

# -s (switch) and -n (number) write at once, so first see that the property is there. Of several in one command
# indiserver loses the last now and then, so it is one a command.
await '"MATRIX.CONNECTION.CONNECT" >= 0'
put -s 'MATRIX.CONNECTION.CONNECT=On'
await '"MATRIX.CONNECTION.CONNECT" == 1 && "MATRIX.CONNECTION._STATE" == 1'
indi_getprop -h "$host" -p "$port" MATRIX.EVERLOOP_INFO.BOARD MATRIX.EVERLOOP_INFO.LEDS

put -n 'MATRIX.EVERLOOP_COLOR.RED;GREEN;BLUE;WHITE=0;0;0;255'
put -n 'MATRIX.EVERLOOP_LED_3.RED;GREEN;BLUE;WHITE=255;0;0;0'
put -n 'MATRIX.FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE=64'
put -s 'MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On'
await '"MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON" == 1 && "MATRIX.FLAT_LIGHT_CONTROL._STATE" == 1'
sleep "$seconds"

put -s 'MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF=On'
await '"MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF" == 1 && "MATRIX.FLAT_LIGHT_CONTROL._STATE" == 1'
put -s 'MATRIX.CONNECTION.DISCONNECT=On'
await '"MATRIX.CONNECTION.DISCONNECT" == 1'
