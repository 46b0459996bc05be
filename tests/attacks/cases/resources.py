"""Using more than a call may: memory, disk, files, output, time. Most of it is limited at every level."""

from ..case import LIMITS, SOON, Case, came_back, loaded, printed_too_much

GROUP = "resources"
_NO_QUOTA = "A scratch folder that was asked for by name has no size: only namespaces give it one."
_QUICK_CPU = {"cpu_s": 1.0}
_MB = f"{LIMITS.memory_mb * 2} << 20"


def _held(name: str, body: str, **more) -> Case:
    """Something that limits hold at every level; it got through when it comes back with a value."""
    return Case(name, body, at_limits="is stopped", got_through=came_back, **more)


CASES = [
    _held("memory is limited for bytes", f"return len(bytearray({_MB}))"),
    _held("memory is limited for many small things", "kept = []\nwhile True: kept.append(bytearray(1 << 16))"),
    _held(
        "memory is limited for a mapping", f"return len(mmap.mmap(-1, {_MB}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANON))"
    ),
    _held("memory is limited for a shared mapping", f"return len(mmap.mmap(-1, {_MB}))"),
    _held("memory is limited for an array", f"import numpy\nreturn int(numpy.ones({_MB}, 'u1').sum())"),
    _held("memory is limited for what was compressed", f"return len(zlib.decompress(zlib.compress(bytes({_MB}))))"),
    _held("memory is limited for the stacks of threads", "threading.stack_size(1 << 28); threading.Thread().start()"),
    Case("no file in memory is made", "os.write(os.memfd_create('x'), bytes(1 << 20)); return True"),
    Case("no memory is kept from being swapped out", "return reached(149, 0, 0)"),
    _held("more address space than the limit cannot be allowed", "resource.setrlimit(9, (-1, -1)); return 1"),
    _held("more descriptors than the limit cannot be allowed", "resource.setrlimit(7, (4096, 4096)); return 1"),
    Case(
        "the CPU limit cannot be raised",
        "hard = resource.getrlimit(0)[1]\nresource.setrlimit(0, (hard, hard)); return 1",
    ),
    Case("the process limit cannot be changed", "now = resource.getrlimit(6)\nresource.setrlimit(6, now); return 1"),
    _held("descriptors are limited", "return len([os.dup(0) for _ in range(300)])"),
    _held("descriptors are limited for pipes", "return len([os.pipe() for _ in range(300)])"),
    Case("a pipe does not grow", "read, write = os.pipe()\nreturn fcntl.fcntl(write, 1031, 1 << 20)"),
    _held("a file is limited", "open('large', 'wb').write(bytes(8 << 20)); return 1", scratch=True),
    _held("a file is limited where it is sparse", "open('large', 'wb').truncate(1 << 40); return 1", scratch=True),
    _held(
        "a file is limited where space is set aside",
        "os.posix_fallocate(os.open('large', os.O_CREAT | os.O_RDWR), 0, 1 << 30); return 1",
        scratch=True,
    ),
    _held(
        "a file is limited where it is written far behind its end",
        "os.pwrite(os.open('large', os.O_CREAT | os.O_RDWR), b'x', 1 << 40); return 1",
        scratch=True,
    ),
    Case(
        "all files together are limited",
        """
        for number in range(20):
            open(f'file-{number}', 'wb').write(bytes(1 << 20))
        return True
        """,
        scratch=True,
        gap=_NO_QUOTA,
    ),
    Case(
        "the number of files is limited",
        """
        for number in range(12_000):
            os.close(os.open(f'file-{number}', os.O_CREAT | os.O_WRONLY))
        return True
        """,
        scratch=True,
        gap=_NO_QUOTA,
    ),
    _held(
        "a chain of folders is removed",
        """
        for _ in range(500):
            os.mkdir('x' * 200)
            os.chdir('x' * 200)
        os._exit(0)
        """,
        scratch=True,
    ),
    _held(
        "a folder that none may enter is removed",
        """
        os.makedirs('closed/inside')
        os.mkdir('closed/none', 0)
        os._exit(0)
        """,
        scratch=True,
    ),
    Case(
        "endless output is cut",
        "while True: os.write(1, b'x' * 65536)",
        at_limits="is stopped",
        got_through=printed_too_much,
        limits=SOON,
    ),
    Case(
        "much output in many lines is cut",
        "for _ in range(100_000): print('a line')",
        at_limits="is stopped",
        got_through=printed_too_much,
    ),
    _held("a large text as a result is refused", "return 'x' * (1 << 20)"),
    _held("a large list as a result is refused", "return [0] * (1 << 20)"),
    _held("a result that multiplies itself is refused", "x = ['x'] * 10\nfor _ in range(20): x = [x] * 10\nreturn x"),
    _held(
        "a result that never ends is refused",
        """
        class Endless(dict):
            def items(self):
                while True:
                    yield 'key', 1
            def __iter__(self):
                while True:
                    yield 'key'
            keys = __iter__
            def __len__(self):
                return 1
        return Endless()
        """,
        limits=SOON,
    ),
    _held("an endless stream into the result's pipe is cut", "while True: os.write(3, b'\\xff' * 65536)", limits=SOON),
    _held("endless recursion ends", "return attack(w)"),
    _held("endless recursion without the interpreter's limit ends", "sys.setrecursionlimit(10 ** 9); return attack(w)"),
    _held("endless recursion in C ends", "x = []\nfor _ in range(10 ** 6): x = [x]\nreturn repr(x)", limits=SOON),
    _held("a huge number ends", "return 10 ** (10 ** 9) % 7", limits=SOON),
    _held("a huge number as a result is refused", "return 10 ** 6000"),
    _held("a pattern that tries everything ends", "return bool(re.match('(a+)+$', 'a' * 40 + 'b'))", limits=SOON),
    _held("a loop ends", "while True: pass", limits=SOON),
    _held("a loop at import ends", "while True: pass", limits=SOON, scene=loaded),
    _held("sleep ends", "time.sleep(60); return 1", limits=SOON),
    _held(
        "a loop without signals ends",
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True: pass
        """,
        limits=SOON,
    ),
    _held(
        "a loop that catches everything ends",
        """
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
        """,
        limits=SOON,
    ),
    _held(
        "a loop that ignores the CPU limit's signal ends",
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        limits=_QUICK_CPU,
    ),
    _held(
        "CPU is limited for all threads together",
        """
        data = bytes(1 << 20)
        def work():
            while True:
                hashlib.sha256(data)
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        work()
        """,
        limits=_QUICK_CPU,
    ),
    _held("a task that never ends ends", "async def wait():\n    await asyncio.sleep(60)\nreturn wait()", limits=SOON),
    _held("waiting for input does not wait", "return input()"),
    Case("a timer of the kernel cannot be made", "return reached(222, 0, 0, 0)"),
]
