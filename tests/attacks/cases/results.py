"""Ending oddly, lying about results, writing where only the sandbox writes. After each, the next call is as ever."""

from ..case import SOON, Case, came_back, only_outside

GROUP = "results"


def _refused(name: str, body: str, **more) -> Case:
    """What must never count as a value, at any level."""
    return Case(name, body, at_limits="is stopped", got_through=came_back, **more)


def _to_all(data: str) -> str:
    return f"""
        for number in range(3, 256):
            try:
                data = {data}
                while data:
                    data = data[os.write(number, data):]
            except OSError:
                pass
        os._exit(0)
    """


CASES = [
    _refused("an exit is no result", "sys.exit(0)"),
    _refused("an exit without a word is no result", "os._exit(0)"),
    _refused("an exit of the C library is no result", "ctypes.CDLL(None).exit(0)"),
    _refused("an exit by the system call is no result", "syscall(231, 0)"),
    _refused("an exit of the main thread alone is no result", "syscall(60, 0)", limits=SOON),
    _refused("an abort is no result", "os.abort()"),
    _refused("a crash is no result", "ctypes.string_at(0)"),
    _refused("an interrupt is no result", "raise KeyboardInterrupt"),
    _refused(
        "an error that cannot be shown is no result",
        """
        class Odd(BaseException):
            def __str__(self): raise self
            __repr__ = __str__
            @property
            def __traceback__(self): raise self
            @property
            def __class__(self): raise self
        raise Odd
        """,
    ),
    _refused(
        "an error with a hostile class is no result",
        """
        class Meta(type):
            @property
            def __name__(cls): raise SystemExit
            def __getattribute__(cls, name): raise SystemExit
        class Odd(BaseException, metaclass=Meta): pass
        raise Odd
        """,
    ),
    _refused("an error that is huge is no result", "raise ValueError('x' * (1 << 24))"),
    _refused(
        "a value with a hostile text is no result",
        """
        class Odd:
            def __repr__(self): os._exit(0)
            __str__ = __repr__
        return Odd()
        """,
    ),
    _refused(
        "a value with a hostile class is no result",
        """
        class Odd:
            @property
            def __class__(self): return dict
        return Odd()
        """,
    ),
    _refused(
        "a mapping with hostile items is no result",
        """
        class Odd(dict):
            def items(self): raise SystemExit
            __iter__ = keys = __len__ = items
        return Odd(a=1)
        """,
        limits=SOON,
    ),
    _refused("not a number is no result", "return float('nan')"),
    _refused("infinity is no result", "return {'a': [float('-inf')]}"),
    _refused("not a number of another kind is no result", "import numpy\nreturn numpy.array([1.0, numpy.nan])"),
    _refused("a list in itself is no result", "x = []; x.append(x); return x"),
    _refused("a dictionary in itself is no result", "x = {}; x['x'] = [x]; return x"),
    _refused("a very deep list is no result", "x = 1\nfor _ in range(5000): x = [x]\nreturn x"),
    _refused("bytes are no result", "return b'bytes'"),
    _refused("a function is no result", "return attack"),
    _refused("garbage in every descriptor is no result", _to_all("b'\\xff\\xfe' * 1000")),
    _refused("a message of another kind is no result", _to_all('frame(\'{"ok": true, "value": 1}\')')),
    _refused("a message with not a number is no result", _to_all("frame('{\"value\": NaN}')")),
    _refused("a message with a number beyond all is no result", _to_all("frame('{\"value\": 1e999}')")),
    _refused("a message with a huge number is no result", _to_all("frame('{\"value\": ' + '9' * 9000 + '}')")),
    _refused("a message with half a character is no result", _to_all('frame(\'{"value": "\\\\ud800"}\')')),
    _refused(
        "a message that is too deep is no result", _to_all("frame('{\"value\":' + '[' * 9000 + ']' * 9000 + '}')")
    ),
    _refused("a message from a worker is no result of a call", _to_all('frame(\'{"reason": "result"}\') * 3')),
    _refused("a message of a huge length is no result", "os.write(3, b'\\xff' * 8); os._exit(0)"),
    _refused("waiting behind a huge length is no result", "os.write(3, b'\\xff' * 8); time.sleep(60)", limits=SOON),
    _refused("half a message is no result", "os.write(3, frame('{\"value\": 1}')[:9]); os._exit(0)"),
    _refused("waiting behind half a message is no result", "os.write(3, b'\\0'); time.sleep(60)", limits=SOON),
    _refused("a closed pipe is no result", "os.close(3); return 1"),
    _refused("closed descriptors are no result", "os.closerange(0, 256); return 1"),
    _refused("another file in the result's place is no result", "os.dup2(os.open('/dev/null', 1), 3); return 1"),
    _refused("a broken interpreter is no result", "builtins.__dict__.clear(); return 1"),
    _refused("an output that never ends is no result", "sys.stdout.write = attack; print('x'); return print(1)"),
    _refused(
        "a lie about the line is no result",
        """
        os.write(3, frame('{"error": {"type": "E", "message": "m", "line": 10000000000, "lines": [true, -1]}}'))
        os._exit(0)
        """,
    ),
    Case(
        "a patched json changes no other call",
        """
        json.dumps = json.JSONEncoder.encode = json.JSONEncoder.iterencode = lambda *a, **k: '{"value": "patched"}'
        json.encoder.encode_basestring = json.encoder.c_make_encoder = None
        return 1
        """,
        at_limits="is stopped",
        got_through=only_outside,
    ),
    Case(
        "patched system functions change no other call",
        """
        for name in ('write', 'read', 'fork', '_exit', 'kill', 'waitpid', 'pipe'):
            setattr(os, name, None)
        return 1
        """,
        at_limits="is stopped",
        got_through=came_back,
    ),
    Case(
        "a trace that goes on changes no other call",
        """
        def trace(frame, event, argument):
            if event == 'return':
                os._exit(0)
            return trace
        sys.settrace(trace)
        threading.settrace(trace)
        sys.setprofile(trace)
        return 1
        """,
        at_limits="is stopped",
        got_through=came_back,
    ),
    Case(
        "nothing runs after the result",
        """
        atexit.register(os.write, 1, b'after')
        sys.excepthook = lambda *a: os.write(1, b'after')
        class Last:
            def __del__(self): os.write(1, b'after')
        sys.last = Last()
        sys.last.itself = sys.last
        return 1
        """,
        at_limits="is stopped",
        got_through=lambda result, world: "after" in result.stdout,
    ),
    Case(
        "a dump of the stack goes nowhere else",
        """
        faulthandler.dump_traceback_later(0.05, repeat=True, file=3)
        time.sleep(1)
        return 1
        """,
        at_limits="is stopped",
        got_through=came_back,
    ),
]
