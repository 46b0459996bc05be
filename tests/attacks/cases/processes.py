"""Starting processes and reaching others. Signals that are sent are harmless ones; the victim counts what comes."""

from ..case import SOON, Case, came_back, only_outside
from ..world import World

GROUP = "processes"
_ENTRY = "struct.pack('=iiii', {signal}, 0, -1, 0) + struct.pack('=ii', os.getpid(), os.getuid()) + bytes(104)"


def _said_so(result, world: World) -> bool:
    return "got through" in result.stdout


CASES = [
    Case(
        "a process cannot be forked",
        """
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return pid
        """,
    ),
    Case(
        "a fork bomb ends",
        """
        for _ in range(200):
            if os.fork() == 0:
                time.sleep(60)
        time.sleep(60)
        """,
        at_limits="is stopped",
        got_through=came_back,
    ),
    Case(
        "a fork bomb that leaves its session ends",
        """
        for _ in range(200):
            if os.fork() == 0:
                os.setsid()
                time.sleep(60)
        time.sleep(60)
        """,
        at_limits="is stopped",
        got_through=came_back,
    ),
    Case(
        "a process cannot be cloned",
        "done, _ = syscall(56, 17, 0, 0, 0, 0)\nif done == 0: os._exit(0)\nreturn done > 0",
    ),
    Case(
        "a process cannot be cloned by the newer call",
        """
        wanted = ctypes.create_string_buffer(struct.pack('=11Q', 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0))
        done, _ = syscall(435, wanted, 88)
        if done == 0:
            os._exit(0)
        return done > 0
        """,
    ),
    Case("a process cannot be forked in shared memory", "return syscall(58)[0] > 0", at_limits="not run"),
    Case("a program cannot be spawned", "return os.posix_spawn('/bin/true', ['true'], {})"),
    Case("a program cannot be run", "return subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout.decode()"),
    Case("a shell cannot be run", "return os.system('true') == 0"),
    Case(
        "a process cannot become another program",
        "os.execv('/bin/echo', ['echo', 'got through'])",
        got_through=_said_so,
    ),
    Case(
        "a process cannot become the interpreter again",
        "os.execv(sys.executable, [sys.executable, '-c', 'print(\"got through\")'])",
        got_through=_said_so,
    ),
    Case("a program in a descriptor cannot be run", "return reached(322, -1, 0, 0, 0, 0)"),
    Case(
        "a daemon does not outlive its call",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        return True
        """,
        at_limits="is stopped",
        got_through=only_outside,
    ),
    Case(
        "threads are limited",
        """
        threading.stack_size(1 << 16)
        stop = threading.Event()
        started = 0
        try:
            while started < 1000:
                threading.Thread(target=stop.wait, daemon=True).start()
                started += 1
        except RuntimeError:
            pass
        time.sleep(0.3)
        return started >= 500
        """,
        at_limits="is stopped",
    ),
    Case("a thread without its process's memory cannot be made", "return reached(56, 0x10000, 0, 0, 0, 0)"),
    Case("no signal reaches its worker", "os.kill(os.getppid(), signal.SIGCONT); return True"),
    Case("no signal reaches the process that called it", "os.kill(w['host'], signal.SIGUSR1); return True"),
    Case("no signal reaches another process", "os.kill(w['victim'], signal.SIGUSR1); return True"),
    Case("no signal ends another process", "os.kill(w['victim'], 9); return 1", "not run", destructive=True),
    Case("no signal ends its worker", "os.kill(os.getppid(), 9); return 1", "not run", destructive=True),
    Case("no signal reaches the first process", "os.kill(1, 0); return True", at_limits="is stopped"),
    Case("no signal reaches all processes", "os.kill(-1, 0); return True", at_limits="not run"),
    Case("no signal reaches its worker's group", "os.killpg(os.getpgid(os.getppid()), 0); return True"),
    Case("no signal reaches a thread of another process", "return syscall(234, w['victim'], w['victim'], 10)[0] == 0"),
    Case("no signal reaches a thread by its number", "return syscall(200, w['victim'], 10)[0] == 0"),
    Case(
        "no signal with a value reaches another process",
        f"return syscall(129, w['victim'], 10, ctypes.create_string_buffer({_ENTRY.format(signal=10)}))[0] == 0",
    ),
    Case(
        "no signal with a value reaches a thread of another process",
        f"entry = ctypes.create_string_buffer({_ENTRY.format(signal=10)})\n"
        "return syscall(297, w['victim'], w['victim'], 10, entry)[0] == 0",
    ),
    Case("no descriptor of another process can be had", "return os.pidfd_open(w['victim']) >= 0"),
    Case(
        "no signal is sent through a descriptor of a process",
        "signal.pidfd_send_signal(os.pidfd_open(w['victim']), signal.SIGUSR1); return True",
    ),
    Case("the call for signals through descriptors is not there", "return reached(424, -1, 10, 0, 0)"),
    Case(
        "no signal is sent by a pipe that has another owner",
        """
        read, write = os.pipe()
        fcntl.fcntl(read, fcntl.F_SETOWN, w['victim'])
        fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC)
        os.write(write, b'x')
        return True
        """,
    ),
    Case("a descriptor's signal cannot be chosen", "fcntl.fcntl(0, 10, 10); return True"),
    Case(
        "the priority of another process cannot be changed", "os.setpriority(os.PRIO_PROCESS, w['victim'], 1); return 1"
    ),
    Case(
        "the priority of its worker cannot be changed",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, os.getppid())); return True",
    ),
    Case("the limits of another process cannot be changed", "resource.prlimit(w['victim'], 4, (0, 0)); return True"),
    Case(
        "the limits of its worker cannot be changed",
        "now = resource.prlimit(os.getppid(), 7)\nresource.prlimit(os.getppid(), 7, now); return True",
    ),
    Case("the limits of its worker cannot be asked for", "return resource.prlimit(os.getppid(), 7)"),
    Case("the processors of another process cannot be chosen", "os.sched_setaffinity(w['victim'], {0}); return True"),
    Case(
        "the scheduling of another process cannot be changed",
        "os.sched_setscheduler(w['victim'], os.SCHED_BATCH, os.sched_param(0)); return True",
    ),
    Case(
        "the disk priority of another process cannot be changed", "return syscall(251, 1, w['victim'], 0x4007)[0] == 0"
    ),
    Case("a process cannot leave its group", "return reached(109, 1 << 30, 0)"),
    Case("a process cannot outlive its worker", "return reached(157, 1, 0, 0, 0, 0)"),
    Case("a process cannot adopt others", "return reached(157, 36, 0, 0, 0, 0)"),
    Case(
        "a process that stops itself runs out of time", "os.kill(os.getpid(), 19); return 1", "is stopped", limits=SOON
    ),
]
