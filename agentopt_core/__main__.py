"""`python -m agentopt_core COMMAND`: what the dashboard does, for terminals and scripts."""

from __future__ import annotations

import argparse
import io
import os
import sys

import agentopt_core
from agentopt_core.cli import (
    aa,
    call,
    control,
    credit,
    dashboard,
    doctor,
    export,
    grade,
    history,
    report,
    review,
    runs,
    saw,
    study,
    tasks,
    train,
    trainer,
)
from agentopt_core.errors import AgentOptError

EXIT_CODES = """\
exit codes: 0 done; 1 it ran and something failed (a run that failed, a call that failed, a check that failed);
2 it could not be done as asked: the sentence on standard error says what and what next; 130 interrupted.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="python -m agentopt_core",
        description="Train an LLM agent without touching the LLM: its functions are the learnable weights.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"AgentOpt {agentopt_core.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    groups = (
        train,
        tasks,
        runs,
        control,
        credit,
        review,
        saw,
        study,
        export,
        report,
        history,
        call,
        grade,
        aa,
        doctor,
        dashboard,
        trainer,
    )
    for group in groups:
        group.register(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. Whatever a user can cause ends in a sentence, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 shows escapes instead of failing
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except AgentOptError as error:
        print(f"agentopt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("agentopt: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has gone: nothing is wrong, but Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"agentopt: {error.strerror or error}{where}. Check the path, its rights and the disk.", file=sys.stderr)
        return 2
    except Exception as error:
        if os.environ.get("AGENTOPT_DEBUG"):
            raise
        print(
            f"agentopt: unexpected {type(error).__name__}: {error}. This is a fault of AgentOpt, nothing finished is "
            "lost; set AGENTOPT_DEBUG=1 and try again to see where it happened.",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
