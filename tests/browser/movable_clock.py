"""`larande`, started as people start it, but for its clock: each SIGUSR1 moves that six minutes on.

An access token lives five minutes. Nobody waits for that, and the tokens of the tests are as long-lived as all others.
PostgreSQL's clock stays: the program takes no time from it.
"""

import signal
from datetime import UTC, datetime, timedelta

import time_machine

from app import cli

STEP = timedelta(minutes=6)


def run() -> None:
    clock = time_machine.travel(datetime.now(UTC), tick=True).start()
    signal.signal(signal.SIGUSR1, lambda *_: clock.shift(STEP))
    cli.main()


if __name__ == "__main__":
    run()
