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
    | DRIVEN   | Ok (1) | The output goes On and Off by its duty, and the pad follows.       |

    (1) Busy until an update shows the pad as it was told for the first time.

    What the events make of the phases (`-`: the phase stays):

    | event            | INPUT   | SETTLED | WAITING | PULSING | ENDING  | FAILED  | STRAYED | MISSED  | DRIVEN  |
    |------------------|---------|---------|---------|---------|---------|---------|---------|---------|---------|
    | turned           | WAITING | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   | INPUT   |
    | written          |         | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING |
    | duty written     |         | DRIVEN  | DRIVEN  | DRIVEN  | DRIVEN  | DRIVEN  | DRIVEN  | DRIVEN  | -       |
    | seen as told (2) | -       | -       | SETTLED | -       | SETTLED | SETTLED | SETTLED | -       | -       |
    | seen otherwise   | -       | STRAYED | -       | STRAYED | -       | -       | -       | -       | -       |
    | not seen in time |         |         | FAILED  |         | FAILED  |         |         |         |         |
    | pulse over       |         |         | ENDING  | ENDING  |         | ENDING  | ENDING  |         |         |
    | contradicted (4) |         |         |         |         |         |         |         |         | STRAYED |
    | write refused    |         | -       | -       | -       | -       | -       | -       | -       | SETTLED |
    | sent again (3)   | -       | WAITING | WAITING | WAITING | -       | WAITING | WAITING | -       | -       |
    | let go (5)       | -       | WAITING | -       | WAITING | -       | -       | -       | -       | -       |
    | switched off     |         | -       | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED |
    | link lost        |         | -       | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED |

    (2) PULSING in place of SETTLED while a pulse lasts; MISSED where a pulse ENDING was never seen On.
    (3) WAITING in place of ENDING and MISSED, where what is sent is an Off that was refused before.
    (4) By more updates than chance can explain; the duty ends, and Off is sent.
    (5) By a servo config, until Gpio's next config; the output's state stays.
    """

    INPUT = auto()
    SETTLED = auto()
    WAITING = auto()
    PULSING = auto()
    ENDING = auto()
    FAILED = auto()
    STRAYED = auto()
    MISSED = auto()
    DRIVEN = auto()
