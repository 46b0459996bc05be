"""Reaching from one call or notebook into another one. Each shows it by what the other one finds."""

from ..case import Case, only_outside, two_calls, two_cells, two_notebooks
from ..numbers import here

GROUP = "crossing"


def _left(name: str, first: str, then: str, at_limits="is stopped", **more) -> Case:
    """What a call leaves, as the next one of the same worker looks for it."""
    return Case(name, first, then=then, scene=two_calls, at_limits=at_limits, **more)


_TICKER = """
import ctypes, struct, threading, time
ticks = [time.monotonic()]
def tick():
    while True:
        time.sleep(0.005)
        ticks.append(time.monotonic())
threading.Thread(target=tick, daemon=True).start()
"""
_WAKING = f"""
libc = ctypes.CDLL(None)
event = ctypes.create_string_buffer(struct.pack("=Qii", 0, 18, 0) + bytes(64))
timer = ctypes.c_int()
libc.syscall({here(222)}, 0, event, ctypes.byref(timer))
libc.syscall({here(223)}, timer, 0, ctypes.create_string_buffer(struct.pack("=4q", 0, 50_000_000, 0, 50_000_000)), None)
"""
_WAS_STOPPED = "max(later - one for one, later in zip(ticks, ticks[1:] + [time.monotonic()])) < 0.25"

CASES = [
    _left(
        "a file in a call's folder is gone",
        "open('left', 'w').write('x')\nos.makedirs('a/b/c')",
        "return [name for name in os.listdir() if name in ('left', 'a')]",
        scratch=True,
    ),
    _left(
        "a file above a call's folder is gone",
        "open('../left', 'w').write('x')",
        "return open('../left').read()",
        scratch=True,
    ),
    _left(
        "a folder that a call renamed is gone",
        "open('left', 'w').write('x')\nos.rename(os.getcwd(), '../moved')",
        "return open('../moved/left').read()",
        scratch=True,
    ),
    _left(
        "a folder that a call moved into another one is gone",
        "os.makedirs('../deep/er')\nopen('left', 'w').write('x')\nos.rename(os.getcwd(), '../deep/er/moved')",
        "return open('../deep/er/moved/left').read()",
        scratch=True,
    ),
    Case(
        "a call cannot take the folders of the next ones",
        "number = int(os.getcwd().rpartition('-')[2])\n"
        "for ahead in range(1, 50): os.mkdir(f'../call-{number + ahead}')",
        at_limits="is stopped",
        got_through=only_outside,
        scratch=True,
    ),
    Case(
        "a call cannot use up the disk of the next ones",
        """
        for number in range(12):
            open(f'../file-{number}', 'wb').write(bytes(1 << 20))
        """,
        then="""
        for number in range(12):
            open(f'file-{number}', 'wb').write(bytes(1 << 20))
        """,
        scene=two_calls,
        at_limits="is stopped",
        got_through=lambda result, world: not result.ok and "space" in result.error.message,
        scratch=True,
    ),
    _left(
        "a changed module is as before",
        "math.pi = 3; sys.modules['json'] = math",
        "return math.pi == 3 or json == math",
    ),
    _left(
        "a planted module is gone",
        "sys.modules['planted'] = types.ModuleType('planted')",
        "return 'planted' in sys.modules",
    ),
    _left("a planted finder is gone", "sys.meta_path.insert(0, attack)", "return callable(sys.meta_path[0])"),
    _left("a planted path is gone", "sys.path.insert(0, w['home'])", "return w['home'] in sys.path"),
    _left("a changed builtin is as before", "builtins.sum = lambda *a: 1", "return sum([1, 2]) == 1"),
    _left("a variable of the environment is gone", "os.environ['LEFT'] = 'x'", "return os.environ.get('LEFT')"),
    _left("a change of folder is gone", "os.chdir('/')", "return os.getcwd() == '/'"),
    _left("a mask for new files is gone", "os.umask(0o777)", "return os.umask(0) == 0o777"),
    _left(
        "a handler of signals is gone",
        "signal.signal(10, signal.SIG_IGN)",
        "return signal.getsignal(10) == signal.SIG_IGN",
    ),
    _left(
        "a blocked signal is free again",
        "signal.pthread_sigmask(0, {10})",
        "return signal.pthread_sigmask(0, ()) != set()",
    ),
    _left(
        "random numbers begin anew",
        "[random.random() for _ in range(5)]",
        "state = random.getstate()\nrandom.seed(0)\nreturn state != random.getstate()",
    ),
    _left(
        "random numbers of arrays begin anew",
        "import numpy\nnumpy.random.rand(5)",
        "import numpy\nfirst = numpy.random.rand()\nnumpy.random.seed(0)\nreturn first != numpy.random.rand()",
    ),
    _left(
        "a setting of arrays is as before",
        "import numpy\nnumpy.set_printoptions(precision=2); numpy.seterr(all='raise')",
        "import numpy\nreturn numpy.get_printoptions()['precision'] == 2 or numpy.geterr()['under'] == 'raise'",
    ),
    _left(
        "a number changed in memory is as before",
        "ctypes.memmove(id(77) + 24, struct.pack('=I', 78), 4)",
        "return 70 + 7 != int('77')",
    ),
    _left(
        "the sandbox's own code changed in memory is as before",
        """
        module = sys.modules['agentopt_zygote.child']
        for name in ('run', '_limit', '_only_these_fds', '_call', '_outcome'):
            setattr(module, name, lambda *a: os._exit(3))
        """,
        "return sys.modules['agentopt_zygote.child'].run.__name__ != 'run'",
    ),
    _left(
        "a hook for forks is gone",
        "os.register_at_fork(before=lambda: os._exit(3))\nbuiltins.planted = 1",
        "return hasattr(builtins, 'planted')",
    ),
    _left(
        "a thread is gone",
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "return threading.active_count() > 1",
    ),
    _left(
        "a file in shared memory is gone",
        "open(w['stray'][1], 'w').write('x')",
        "return open(w['stray'][1]).read()",
        at_limits="gets through",
    ),
    _left(
        "a timer is gone",
        "signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 60)",
        "return signal.getitimer(signal.ITIMER_REAL)[0]",
    ),
    Case(
        "a notebook's thread stops between cells",
        _TICKER,
        then=_WAS_STOPPED,
        scene=two_cells,
        at_limits="is stopped",
    ),
    Case(
        "a notebook does not wake itself between cells",
        _TICKER + _WAKING,
        then=_WAS_STOPPED,
        scene=two_cells,
    ),
    Case(
        "an alarm does not wake a notebook between cells",
        _TICKER + "import signal\nsignal.signal(14, lambda *a: None)\nsignal.setitimer(0, 0.05, 0.05)",
        then=_WAS_STOPPED,
        scene=two_cells,
        at_limits="is stopped",
    ),
    Case(
        "a cell's second message does not answer the next cell",
        """
import os, struct
def frame(text):
    return struct.pack(">I", len(text)) + text
_ = os.write(3, frame(b'{"value": 1}') + frame(b'{"value": "fake"}') * 3)
""",
        then="'true'",
        scene=two_cells,
        at_limits="is stopped",
        got_through=lambda result, world: result.value == "fake",
    ),
    Case(
        "a notebook's names are not in another notebook",
        "planted = 1\nimport builtins, math\nbuiltins.planted = 1\nmath.pi = 3",
        then="import math\nbool('planted' in dir() or hasattr(__builtins__, 'planted') or math.pi == 3)",
        scene=two_notebooks,
        at_limits="is stopped",
    ),
    Case(
        "a notebook does not answer for another notebook",
        """
import os, struct
text = b'{"value": "fake"}'
for number in range(3, 256):
    try:
        os.write(number, (struct.pack(">I", len(text)) + text) * 3)
    except OSError:
        pass
""",
        then="mine",
        scene=two_notebooks,
        at_limits="is stopped",
        got_through=lambda result, world: result.value != 1,
    ),
    Case(
        "a notebook's file is not in another notebook",
        "open('left', 'w').write('x')\nimport os\nos.chdir('/')",
        then="import os\n'left' in os.listdir() or os.getcwd() == '/'",
        scene=two_notebooks,
        at_limits="is stopped",
        scratch=True,
    ),
    Case(
        "a notebook that ends itself does not end another one",
        "import os\nos._exit(0)",
        then="mine",
        scene=two_notebooks,
        at_limits="is stopped",
        got_through=lambda result, world: result.value != 1,
    ),
    Case(
        "a notebook's processes do not outlive it",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)",
        then="1",
        scene=two_cells,
        at_limits="is stopped",
        got_through=only_outside,
    ),
]
