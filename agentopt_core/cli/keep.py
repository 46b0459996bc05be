"""`runs rename`, `tag`, `note`, `archive`, `delete`: keeping runs in order from a terminal."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from agentopt_core.cli.common import Subparsers, add_command, add_home, workbench
from agentopt_core.errors import ConfigError
from agentopt_core.views import Kept


def register(subparsers: Subparsers) -> None:
    """Add the commands below `runs`."""
    rename = add_command(subparsers, "rename", run_rename, "give a run another name", 'runs rename RUN "Second try"')
    rename.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    rename.add_argument("name", help="the new name; empty goes back to that of the settings")
    tag = add_command(
        subparsers, "tag", run_tag, "add tags to a run, or take some away", "runs tag RUN baseline --remove draft"
    )
    tag.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    tag.add_argument("add", nargs="*", metavar="TAG", help="tags to add")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG", help="a tag to take away")
    note = add_command(
        subparsers, "note", run_note, "replace the note on a run or on one of its updates", "runs note RUN --file n.md"
    )
    note.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    note.add_argument("text", nargs="?", help="the note, Markdown; empty removes it")
    note.add_argument("--file", type=Path, metavar="FILE", help="read the note from a file; - is standard input")
    note.add_argument("--update", type=int, metavar="STEP", help="note on the update of this step")
    archive = add_command(subparsers, "archive", run_archive, "hide a run from lists", "runs archive RUN")
    archive.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    archive.add_argument("--undo", action="store_true", help="take it out of the archive")
    delete = add_command(
        subparsers, "delete", run_delete, "delete a run for good; what was exported stays", "runs delete RUN --yes"
    )
    delete.add_argument("run_id", metavar="RUN", help="the whole run id")
    delete.add_argument("--yes", action="store_true", help="really")
    for command in (rename, tag, note, archive, delete):
        command.add_argument("--by", default="", metavar="NAME", help="who does it (default: this machine's user)")
        add_home(command)


def run_rename(args: argparse.Namespace) -> int:
    """Rename a run."""
    kept = workbench(args).rename(args.run_id, args.name, _by(args))
    return _said(f"Renamed to '{kept.about.name}'." if kept.about.name else "Its settings name it again.", kept)


def run_tag(args: argparse.Namespace) -> int:
    """Add and remove tags."""
    bench = workbench(args)
    about = bench.about(args.run_id)
    gone = {tag.casefold() for tag in args.remove}
    tags = [*(tag for tag in about.tags if tag.casefold() not in gone), *args.add]
    kept = bench.tag(args.run_id, tags, _by(args), about.revision)
    return _said(f"Tags: {', '.join(kept.about.tags) or 'none'}.", kept)


def run_note(args: argparse.Namespace) -> int:
    """Replace a note."""
    if (args.text is None) == (args.file is None):
        raise ConfigError("A note needs a text or a --file.", "Give one of the two.")
    text = args.text if args.file is None else _read(args.file)
    kept = workbench(args).note(args.run_id, text, _by(args), args.update)
    return _said("Note saved." if text.strip() else "Note removed.", kept)


def run_archive(args: argparse.Namespace) -> int:
    """Put a run away, or take it out."""
    bench = workbench(args)
    kept = (bench.unarchive if args.undo else bench.archive)(args.run_id, _by(args))
    return _said(
        "Taken out of the archive." if args.undo else "Archived. Lists leave it out; --undo brings it back.", kept
    )


def run_delete(args: argparse.Namespace) -> int:
    """Delete a run that is named in full."""
    bench = workbench(args)
    folder = bench.folder(args.run_id)
    if folder.run_id != args.run_id:
        raise ConfigError(
            f"'{args.run_id}' is only the beginning of {folder.run_id}.", "To delete, write the whole id."
        )
    if not args.yes:
        raise ConfigError(f"{folder.run_id} would be deleted for good.", "Say --yes if you mean it.")
    print(f"Deleted {bench.delete_run(folder.run_id, _by(args))}.")
    return 0


def _by(args: argparse.Namespace) -> str:
    if args.by:
        return str(args.by)
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "command line"


def _read(path: Path) -> str:
    return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8", errors="replace")


def _said(text: str, kept: Kept) -> int:
    print(f"{text} {kept.overwrote}".strip())
    return 0
