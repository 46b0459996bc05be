"""`report`: a run, or several beside each other, as one HTML file; `export-tables`: their history as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.history.tables import TABLE_FORMATS, TABLE_NAMES
from agentopt_core.saying import size


def register(subparsers: Subparsers) -> None:
    """Add `report` and `export-tables`."""
    report = add_command(
        subparsers,
        "report",
        run_report,
        "write a run, or two to six runs beside each other, as one HTML file that needs no network",
        "report RUN RUN --html comparison.html",
    )
    report.add_argument("run_ids", nargs="+", metavar="RUN", help="run id, or its beginning")
    report.add_argument("--html", type=Path, required=True, metavar="FILE", help="file to write or replace")
    add_home(report)
    add_json(report)
    tables = add_command(
        subparsers,
        "export-tables",
        run_tables,
        "write the history of runs as tables: CSV, JSON or Parquet",
        "export-tables RUN --to tables/ --format parquet --table evaluations rollouts",
    )
    tables.add_argument("run_ids", nargs="+", metavar="RUN", help="run id, or its beginning")
    tables.add_argument("--to", type=Path, required=True, metavar="DIR", help="folder to write; one file a table")
    tables.add_argument("--format", choices=TABLE_FORMATS, default="csv", help="format of the files (default: csv)")
    tables.add_argument(
        "--table",
        nargs="+",
        choices=TABLE_NAMES,
        metavar="NAME",
        default=[name for name in TABLE_NAMES if name != "rollouts_with_traces"],
        help=f"which tables (default: all but the large rollouts_with_traces): {', '.join(TABLE_NAMES)}",
    )
    add_home(tables)
    add_json(tables)


def run_report(args: argparse.Namespace) -> int:
    """Write the report and say where."""
    page = workbench(args).report(args.run_ids).encode()
    args.html.parent.mkdir(parents=True, exist_ok=True)
    args.html.write_bytes(page)
    if args.json:
        print_json({"file": str(args.html), "bytes": len(page)})
    else:
        print(f"Wrote {args.html} ({size(len(page))}).")
    return 0


def run_tables(args: argparse.Namespace) -> int:
    """Write the tables and say where."""
    bench = workbench(args)
    files = [
        bench.write_table(args.run_ids, name, args.format, args.to / f"{name}.{args.format}") for name in args.table
    ]
    if args.json:
        print_json({"folder": str(args.to), "files": [path.name for path in files]})
    else:
        names = ", ".join(path.name for path in files)
        print(f"Wrote {len(files)} table{'s' * (len(files) != 1)} to {args.to}: {names}.")
    return 0
