#!/bin/sh
# A roll-off roof: two relays move it, two limit switches tell where it is. Universal ROR is libindi's driver for that.
#
# How to wire it: relay boards whose inputs take 3.3 V (never 5 V on a pin), the one on pin 0 opens, the one on pin 1
# closes. Each relay puts one lead of the motor to plus while it is On, and to minus while it is Off: both On is a
# standstill then, as both Off is. 10 kiloohm from each of these pins to ground keep them Off while they are inputs.
# Limit switches between 3.3 V and the pin, and 10 kiloohm from the pin to ground: pin 2 fully open, pin 3 fully closed.
# They must also cut the motor's current by themselves: what is On when a program or the network fails stays On. For
# relays that are On at low level, write GPIO_ACTIVE_LOW first, and have the resistors at 3.3 V.
#
# Run `.venv/bin/indi_matrix serve --simulate`, or `indiserver indi_matrix indi_universalror_dome`, and in another
# terminal:
#
#     sh examples/roof.sh [HOST [PORT [SECONDS]]]
#
# A relay is On for those seconds at most (50, the limit is 60): a little more than the roof takes. Nothing moves. Exit
# status 0: all is set up and saved. Universal ROR, which libindi has since 2.0.9, looks for its outputs and inputs at
# localhost:7624 only. After an outage, or a relay whose time was over, write its DOME_ABORT_MOTION.ABORT before the
# next move.
set -eu
host=${1:-localhost} port=${2:-7624} seconds=${3:-50}

put() { indi_setprop -h "$host" -p "$port" "$@"; }
await() { indi_eval -h "$host" -p "$port" -t 10 -w "$1"; } # states: 0 Idle, 1 Ok, 2 Busy, 3 Alert

await '"MATRIX.CONNECTION.CONNECT" >= 0'
put -s 'MATRIX.CONNECTION.CONNECT=On'
await '"MATRIX.CONNECTION.CONNECT" == 1 && "MATRIX.CONNECTION._STATE" == 1'
put -n 'MATRIX.POLLING_PERIOD.PERIOD_MS=100' # so soon a limit switch is seen

# Pin n is output or input number n + 1. Pins 2 and 3 are inputs as they are, and a switch that bounces is no news.
put -s 'MATRIX.GPIO_DIRECTION.PIN_2=Off'
put -s 'MATRIX.GPIO_DIRECTION.PIN_3=Off'
put -n 'MATRIX.GPIO_DEBOUNCE.TIME=50'
await '"MATRIX.DIGITAL_INPUT_3._STATE" == 1 && "MATRIX.DIGITAL_INPUT_4._STATE" == 1'

# A relay that nobody switches off is Off by itself after its time, and after each outage.
put -n 'MATRIX.LINK_LOSS.TIME=0'
for pin in 0 1; do
    put -s "MATRIX.GPIO_DIRECTION.PIN_$pin=On"
    await "\"MATRIX.PULSE_$pin.DURATION\" >= 0"
    put -n "MATRIX.PULSE_$pin.DURATION=$((seconds * 1000))"
    await "\"MATRIX.PULSE_$pin.DURATION\" == $((seconds * 1000))"
    put -s "MATRIX.ON_LINK_LOSS_$pin.OFF=On"
    await "\"MATRIX.ON_LINK_LOSS_$pin.OFF\" == 1"
done
await '"MATRIX.DIGITAL_OUTPUT_1.OFF" == 1 && "MATRIX.DIGITAL_OUTPUT_1._STATE" == 1'
await '"MATRIX.DIGITAL_OUTPUT_2.OFF" == 1 && "MATRIX.DIGITAL_OUTPUT_2._STATE" == 1'
put -x 'MATRIX.DIGITAL_OUTPUT_LABELS.DIGITAL_OUTPUT_1;DIGITAL_OUTPUT_2=Open roof;Close roof'
put -x 'MATRIX.DIGITAL_INPUT_LABELS.DIGITAL_INPUT_3;DIGITAL_INPUT_4=Fully open;Fully closed'
put -s 'MATRIX.CONFIG_PROCESS.CONFIG_SAVE=On'
await '"MATRIX.CONFIG_PROCESS._STATE" == 1'

# Universal ROR has to know both devices before it connects. It looks at the limit switches when it connects, so once
# more when it knows their numbers: else it takes a closed roof for open.
if ! indi_getprop -h "$host" -p "$port" -1 'Universal ROR.CONNECTION.CONNECT' >/dev/null 2>&1; then
    echo "there is no Universal ROR at $host:$port: only the pins are set up"
    exit
fi
put -x 'Universal ROR.ACTIVE_DEVICES.ACTIVE_INPUT;ACTIVE_OUTPUT=MATRIX;MATRIX'
put -s 'Universal ROR.CONNECTION.CONNECT=On'
await '"Universal ROR.CONNECTION.CONNECT" == 1 && "Universal ROR.CONNECTION._STATE" == 1'
await '"Universal ROR.INPUT_INDEX._STATE" >= 0 && "Universal ROR.OUTPUT_INDEX._STATE" >= 0'
put -x 'Universal ROR.OUTPUT_INDEX.OPEN_ROOF;CLOSE_ROOF=1;2'
put -x 'Universal ROR.INPUT_INDEX.FULLY_OPENED;FULLY_CLOSED=3;4'
await '"Universal ROR.OUTPUT_INDEX._STATE" == 1 && "Universal ROR.INPUT_INDEX._STATE" == 1'
sleep 3 # it looks at the limit switches each second
put -s 'Universal ROR.CONFIG_PROCESS.CONFIG_SAVE=On'
put -s 'Universal ROR.CONNECTION.DISCONNECT=On'
await '"Universal ROR.CONNECTION.DISCONNECT" == 1'
put -s 'Universal ROR.CONNECTION.CONNECT=On'
await '"Universal ROR.CONNECTION.CONNECT" == 1 && "Universal ROR.CONNECTION._STATE" == 1'
