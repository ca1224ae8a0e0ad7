"""What pytest-xdist starts instead of Python: a fork (tests/forked.py) gets its streams, and it ends as that does."""

import os
import socket
import struct
import sys

PLACE = "LARANDE_TEST_FORKS"
"""Names the socket of the process that forks."""
STATUS = struct.Struct("i")
STREAMS = 3


def hand_over() -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(os.environ[PLACE])
        socket.send_fds(asking, [b"fork"], list(range(STREAMS)))
        status = asking.recv(STATUS.size)
    return int(STATUS.unpack(status)[0]) if status else 1


if __name__ == "__main__":
    sys.exit(hand_over())
