"""The workers of a run, forked from one process that has loaded everything: `pytest -p tests.forked -n 3`.

Loading the program, putting the probes of tests/measure.py into it and reading the tests takes a process a quarter of a
minute. One does it here, a pytest that collects; then it forks whenever pytest-xdist starts a worker. The worker
collects again, which is quick where every module is there, and is pytest-xdist's in all else.
"""

import atexit
import os
import select
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests import handing_over

_LOADS = "LARANDE_TEST_LOADS"
"""Tells the process that loads everything on which socket it is asked for workers, and which one ends when it may."""


def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """In the process that deals the tests out: have one started that loads everything, and workers by that."""
    place = Path(tempfile.mkdtemp(prefix="larande-forks-"))
    os.environ[handing_over.PLACE] = str(place / "socket")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(os.environ[handing_over.PLACE])
    listening.listen()
    ours, theirs = socket.socketpair()
    collecting = ["-n", "0", "--dist", "no", "--collect-only", "-qq", "--capture", "no"]
    loads = subprocess.Popen(
        [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args), *collecting],
        env=os.environ | {_LOADS: f"{listening.fileno()} {theirs.fileno()}"},
        pass_fds=[listening.fileno(), theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    listening.close()
    theirs.close()

    def end() -> None:
        ours.close()
        loads.wait(timeout=30)
        (place / "socket").unlink()
        place.rmdir()

    config.add_cleanup(end)
    for spec in specs:
        spec.python = f"{sys.executable} -S -E {handing_over.__file__}"


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """In the process that loads everything: from here on it forks, and does nothing else."""
    if sockets := os.environ.pop(_LOADS, None):
        listening, ends = (socket.socket(fileno=int(each)) for each in sockets.split())
        while True:
            ready, _, _ = select.select([listening, ends], [], [])
            if ends in ready:
                os._exit(0)
            asked, _ = listening.accept()
            _, streams, _, _ = socket.recv_fds(asked, 100, handing_over.STREAMS)
            if os.fork() == 0:
                listening.close()
                ends.close()
                _become_worker(asked, streams)
            for stream in streams:
                os.close(stream)
            asked.close()


def _become_worker(asked: socket.socket, streams: list[int]) -> None:
    """What stands between a fork and the Python that pytest-xdist would have started."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    status = 1
    try:
        # As `python -c "import sys;exec(eval(sys.stdin.readline()))"` does; nothing else comes before it is answered.
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(0, 1)
        exec(eval(line), {"__name__": "__main__"})  # noqa: S102, S307
        status = 0
    finally:
        atexit._run_exitfuncs()
        with suppress(BrokenPipeError):
            asked.send(handing_over.STATUS.pack(status))
        os._exit(status)
