"""The states of a GPIO pin's state machine, which is Pin."""

from enum import Enum, auto


class Phase(Enum):
    """What is known of a pin.

    The INDI state of an output follows from the phase:

    | phase    | output | what it means                                                      |
    |----------|--------|--------------------------------------------------------------------|
    | INPUT    |        | The pin reads its pad.                                             |
    | SETTLED  | Ok     | The pad was last seen where it was told to be.                     |
    | WAITING  | Busy   | A level was sent and not seen yet.                                 |
    | PULSING  | Ok     | On was seen, and goes Off by itself; PULSE_n is Busy.              |
    | ENDING   | as it was | The pulse is over, Off was sent and not seen yet.               |
    | FAILED   | Alert  | The level was not seen in time.                                    |
    | STRAYED  | Alert  | The level was seen, and no longer is.                              |
    | MISSED   | Alert  | A pulse is over and its On was never seen; only a write ends this. |

    What the events make of the phases (`-`: the phase stays):

    | event            | INPUT   | SETTLED | WAITING | PULSING | ENDING  | FAILED  | STRAYED | MISSED  |
    |------------------|---------|---------|---------|---------|---------|---------|---------|---------|
    | turned           | WAITING | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   |
    | written          |         | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING |
    | seen as told (1) | -       | -       | SETTLED | -       | SETTLED | SETTLED | SETTLED | -       |
    | seen otherwise   | -       | STRAYED | -       | STRAYED | -       | -       | -       | -       |
    | not seen in time |         |         | FAILED  |         | FAILED  |         |         |         |
    | pulse over       |         |         | ENDING  | ENDING  |         | ENDING  | ENDING  |         |
    | write refused    |         | -       | -       | -       | -       | -       | -       | -       |
    | sent again (2)   | -       | WAITING | WAITING | WAITING | -       | WAITING | WAITING | -       |
    | let go (3)       | -       | WAITING | -       | WAITING | -       | -       | -       | -       |
    | switched off     |         | -       | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED |
    | link lost        |         | -       | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED |

    (1) PULSING in place of SETTLED while a pulse lasts; MISSED where a pulse ENDING was never seen On.
    (2) WAITING in place of ENDING and MISSED, where what is sent is an Off that was refused before.
    (3) By a servo config, until Gpio's next config; the output's state stays.
    """

    INPUT = auto()
    SETTLED = auto()
    WAITING = auto()
    PULSING = auto()
    ENDING = auto()
    FAILED = auto()
    STRAYED = auto()
    MISSED = auto()
