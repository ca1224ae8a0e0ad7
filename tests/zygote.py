"""`larande` commands without the seconds that each would take to load: one process loads the program and forks them.

    process = await start(["serve", "--port", "0"], environment)

Each is a process and a session of its own, with an environment of its own and nothing else of the process that asked.
What differs from a command that people start is when the modules were loaded; test_cli.py also starts one as they do.
"""

import asyncio
import atexit
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

_LONGEST_REQUEST = 200_000
_STATUS = struct.Struct("i")

Pipe = tuple[asyncio.StreamReader, asyncio.ReadTransport]


class Process:
    """As much of `asyncio.subprocess.Process` as the tests use."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader, status: Pipe) -> None:
        self.pid, self.stdout, self.stderr = pid, stdout, stderr
        self._ended = asyncio.ensure_future(self._end(*status))

    @staticmethod
    async def _end(status: asyncio.StreamReader, transport: asyncio.ReadTransport) -> int:
        code: int = _STATUS.unpack(await status.readexactly(_STATUS.size))[0]
        # The other end is closed after this is written, perhaps not before the test and its loop have ended.
        transport.close()
        return code

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def communicate(self) -> tuple[bytes, bytes]:
        said, complained, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return said, complained

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def start(arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
    """A `larande` command, in the project's directory."""
    pipes = [os.pipe() for _ in range(3)]
    request = json.dumps({"arguments": list(arguments), "environment": dict(environment)}).encode()
    pid = await asyncio.to_thread(_fork, request, [theirs for _, theirs in pipes])
    for _, theirs in pipes:
        os.close(theirs)
    (stdout, _), (stderr, _), status = [await _opened(ours) for ours, _ in pipes]
    return Process(pid, stdout, stderr, status)


async def _opened(pipe: int) -> Pipe:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0))
    return reader, transport


_one_at_a_time = threading.Lock()


def _fork(request: bytes, pipes: Sequence[int]) -> int:
    with _one_at_a_time:
        try:
            return _asked(_zygote(), request, pipes)
        except OSError:
            # It ended when the last that had asked it did.
            _zygote.cache_clear()
            return _asked(_zygote(), request, pipes)


def _asked(zygote: socket.socket, request: bytes, pipes: Sequence[int]) -> int:
    socket.send_fds(zygote, [request], pipes)
    if pid := zygote.recv(100):
        return int(pid)
    raise ConnectionResetError


@cache
def _zygote() -> socket.socket:
    """One for all processes of a run, started when it is first asked for. It ends with the last of them."""
    home = Path(os.environ["LARANDE_TEST_KEYS"]).parent
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (home / "zygote.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        try:
            asking.connect(str(home / "zygote"))
        except OSError:
            _start(home / "zygote")
            asking.connect(str(home / "zygote"))
    atexit.register(asking.close)
    return asking


def _start(place: Path) -> None:
    place.unlink(missing_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith("LARANDE_")}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(place))
        listening.listen()
        subprocess.run(
            [sys.executable, "-m", "tests.zygote", str(listening.fileno())],
            cwd=Path(__file__).parent.parent,
            env=own | {"PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            start_new_session=True,
            check=True,
        )


# --- In the process that forks ----------------------------------------------------------------------------------------


def _run(listening: socket.socket) -> None:
    from app import cli

    gc.collect()
    gc.freeze()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    asking = [listening.accept()[0]]
    while asking:
        waiting: list[int | socket.socket] = [ended, listening, *asking]
        ready, _, _ = select.select(waiting, [], [])
        if ended in ready:
            os.read(ended, 1000)
            _tell_of_the_dead(children)
        if listening in ready:
            asking.append(listening.accept()[0])
        for asked in [each for each in asking if each in ready]:
            request, pipes, _, _ = socket.recv_fds(asked, _LONGEST_REQUEST, 3)
            if not request:
                asking.remove(asked)
                asked.close()
                continue
            pid = os.fork()
            if pid == 0:
                ours = [each.fileno() for each in (listening, *asking)]
                _become(json.loads(request), pipes, [*ours, ended, wake, *children.values()])
                cli.main()
                return
            for pipe in pipes[:2]:
                os.close(pipe)
            children[pid] = pipes[2]
            asked.send(str(pid).encode())


def _tell_of_the_dead(children: dict[int, int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        pipe = children.pop(pid)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(pipe, _STATUS.pack(os.waitstatus_to_exitcode(status)))
        os.close(pipe)


def _become(request: dict[str, object], pipes: Sequence[int], others: Sequence[int]) -> None:
    """What stands between a fork and a command that was just started."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(pipes[0], 1)
    os.dup2(pipes[1], 2)
    for each in (*pipes, *others):
        os.close(each)
    environment = request["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    arguments = request["arguments"]
    assert isinstance(arguments, list)
    sys.argv = ["larande", *arguments]


# Nobody waits for it: whoever has started it may end before others that ask it.
if __name__ == "__main__" and os.fork() == 0:
    _run(socket.socket(fileno=int(sys.argv[1])))
