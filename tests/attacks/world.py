"""A throw-away world for attacks: a home with secrets, servers, a victim; all below one folder, all watched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentopt_core.tasks import Attachment

from .processes import depths

_WATCHED_SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGIO, signal.SIGTERM, signal.SIGHUP)
_ANSWER_S = 20.0
"""Seconds the victim has to say how it is, on a busy machine."""
_VICTIM = """
import ctypes, hashlib, json, os, resource, signal, sys
seen = []
for number in json.loads(sys.argv[1]):
    signal.signal(number, lambda number, _: seen.append(number))
kept = bytearray(os.environ["SECRET"].encode() * 1000)
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)  # any process may trace it, where rights allow
limits = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")]
def state():
    now = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")]
    return {"signals": seen, "memory": hashlib.sha256(kept).hexdigest(), "limits": now, "nice": os.getpriority(0, 0),
            "cpus": sorted(os.sched_getaffinity(0)), "group": os.getpgid(0), "session": os.getsid(0),
            "policy": os.sched_getscheduler(0), "cwd": os.getcwd()}
print(json.dumps(state()), flush=True)
for _ in sys.stdin:
    print(json.dumps(state()), flush=True)
"""


class World:
    """Made for one run of attacks. Everyone may do anything with its files: only the sandbox keeps calls from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = f"canary-{secrets.token_hex(16)}"
        self._token = secrets.token_hex(8)
        self._stray = [Path(place, f"attack-{self._token}") for place in ("/tmp", "/dev/shm", "/var/tmp")]
        self.temporary = folder / "tmp"
        self.home = folder / "home"
        self.files = folder / "files"
        self._sockets = folder / "sockets"
        self.temporary.mkdir(exist_ok=True)  # TMPDIR lies there
        self._sockets.mkdir()
        self._sockets.chmod(0o777)
        self._build()
        self._listen()
        self.signals: list[int] = []
        for number in _WATCHED_SIGNALS:
            signal.signal(number, lambda number, _: self.signals.append(number))
        self._host = _state_of_this_process()
        self._victim, self._victim_state = self._start_victim()

    @property
    def attachment(self) -> Attachment:
        """The file of the task whose call runs."""
        data = (self.files / "own.txt").read_bytes()
        return Attachment(
            path="own.txt", media_type="text/plain", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)
        )

    def arguments(self) -> dict[str, Any]:
        """What an attack is told: where everything is; the secret is not among it."""
        home = self.home
        return {
            "home": str(home),
            "key": str(home / ".ssh" / "id_ed25519"),
            "env": str(home / ".env"),
            "link": str(home / "link"),
            "module": str(home / "module.py"),
            "canary": str(home / "canaries" / "canary"),
            "other": str(home / "canaries" / "other"),
            "folder": str(home / "canaries"),
            "empty": str(home / "canaries" / "empty"),
            "foreign": str(self.files / "foreign.txt"),
            "stray": [str(path) for path in self._stray],
            "token": self._token,
            "victim": self._victim.pid,
            "host": os.getpid(),
            "tcp": self._tcp.getsockname()[1],
            "tcp6": self._tcp6.getsockname()[1] if self._tcp6 else 0,
            "udp": self._udp.getsockname()[1],
            "stream": str(self._sockets / "stream"),
            "datagram": str(self._sockets / "datagram"),
            "abstract": f"attack-{self._token}",
        }

    def harm(self) -> list[str]:
        """What changed since the last look, in words; then everything is made anew where it changed."""
        found = [*self._harm_to_files(), *self._strays(), *self._messages()]
        if self.signals:
            found.append(f"this process got the signals {self.signals}")
            self.signals.clear()
        if (now := _state_of_this_process()) != self._host:
            found.append(f"this process is changed: {_differences(self._host, now)}")
            self._host = now
        found += self._harm_to_victim()
        return found

    def belongs(self, pid: int) -> bool:
        """The process was started by the world itself."""
        return pid == self._victim.pid

    def close(self) -> None:
        self._end_victim()
        for server in self._servers:
            server.close()
        list(self._strays())

    def _build(self) -> None:
        for place in (self.home, self.files):
            shutil.rmtree(place, ignore_errors=True)
        canaries = self.home / "canaries"
        for folder in (self.home, self.home / ".ssh", canaries, canaries / "empty", self.files):
            folder.mkdir()
            folder.chmod(0o777)
        for path in (self.home / ".ssh" / "id_ed25519", self.home / ".env", canaries / "canary", canaries / "other"):
            path.write_text(f"SECRET={self.secret}\n")
        (self.home / "module.py").write_text(f"SECRET = {self.secret!r}\n")
        (self.home / "link").symlink_to(self.home / ".env")
        (self.files / "own.txt").write_text("its own file\n")
        (self.files / "foreign.txt").write_text(f"{self.secret}\n")
        for path in self._paths():
            if path.is_file() and not path.is_symlink():
                path.chmod(0o666)
        self._known = self._look()

    def _paths(self) -> Iterator[Path]:
        for place in (self.home, self.files):
            yield place
            yield from place.rglob("*")

    def _look(self) -> dict[str, tuple[object, ...]]:
        known: dict[str, tuple[object, ...]] = {}
        for path in self._paths():
            info = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(info.st_mode) and info.st_mode & 0o400 else b""
            seen = (info.st_mode, info.st_uid, info.st_gid, info.st_nlink, info.st_size, info.st_mtime_ns)
            known[str(path)] = (*seen, info.st_ctime_ns, content, tuple(os.listxattr(path, follow_symlinks=False)))
        return known

    def _harm_to_files(self) -> Iterator[str]:
        try:
            now = self._look()
        except OSError as error:
            now = {str(error.filename): ()}
        if now != self._known:
            yield f"files are changed: {_differences(self._known, now)}"
            self._build()

    def _strays(self) -> Iterator[str]:
        for path in self._stray:
            if path.exists():
                path.unlink()
                yield f"there is a file {path}"

    def _listen(self) -> None:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._tcp6: socket.socket | None = None
        with contextlib.suppress(OSError):
            self._tcp6 = socket.create_server(("::1", 0), family=socket.AF_INET6)
        self._servers = [self._tcp, self._udp, *([self._tcp6] if self._tcp6 else [])]
        for kind, address in (
            (socket.SOCK_STREAM, str(self._sockets / "stream")),
            (socket.SOCK_DGRAM, str(self._sockets / "datagram")),
            (socket.SOCK_STREAM, f"\0attack-{self._token}"),
            (socket.SOCK_DGRAM, f"\0attack-{self._token}-datagram"),
        ):
            server = socket.socket(socket.AF_UNIX, kind)
            server.bind(address)
            if not address.startswith("\0"):
                os.chmod(address, 0o777)
            if kind == socket.SOCK_STREAM:
                server.listen()
            self._servers.append(server)
        for server in self._servers:
            server.setblocking(False)

    def _messages(self) -> Iterator[str]:
        for server in self._servers:
            with contextlib.suppress(BlockingIOError):
                while True:
                    if server.type == socket.SOCK_STREAM:
                        server.accept()[0].close()
                    else:
                        server.recv(1 << 16)
                    yield f"something came in at {server.getsockname()!r}"

    def _start_victim(self) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        victim = subprocess.Popen(
            [sys.executable, "-c", _VICTIM, json.dumps([int(number) for number in _WATCHED_SIGNALS]), self.secret],
            env={"SECRET": self.secret},
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        state = _line(victim)
        assert state is not None, "the victim does not start"
        return victim, state

    def _harm_to_victim(self) -> Iterator[str]:
        state = None
        with contextlib.suppress(OSError):
            assert self._victim.stdin is not None
            self._victim.stdin.write(b"\n")
            self._victim.stdin.flush()
            state = _line(self._victim)
        if state != self._victim_state:
            changes = _differences(self._victim_state, state) if state else "it does not answer"
            yield f"the victim is changed: {changes}"
            self._end_victim()
            self._victim, self._victim_state = self._start_victim()

    def _end_victim(self) -> None:
        self._victim.kill()
        self._victim.wait()
        for stream in (self._victim.stdin, self._victim.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def below_this_process(world: World) -> dict[int, int]:
    """Processes below this one, with how deep, without those of the world."""
    return {pid: depth for pid, depth in depths(os.getpid()).items() if not world.belongs(pid)}


def _line(victim: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    assert victim.stdout is not None
    if not select.select([victim.stdout], [], [], _ANSWER_S)[0]:
        return None
    line = victim.stdout.readline()
    return json.loads(line) if line else None


def _state_of_this_process() -> dict[str, object]:
    kinds = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in kinds},
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "cpus": sorted(os.sched_getaffinity(0)),
        "policy": os.sched_getscheduler(0),
        "group": os.getpgid(0),
        "cwd": os.getcwd(),
        "hostname": socket.gethostname(),
    }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> str:
    return ", ".join(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))
