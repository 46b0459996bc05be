"""Writes the sample task sets: `python sample_data/make.py` gives the same files every time.

`--to DIR` writes them elsewhere.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from generators import files_and_everyday, number_and_algebra, tables_and_business
from generators.family import PLAN, Domain

SEED = 20240229
DOMAINS = (number_and_algebra.DOMAIN, tables_and_business.DOMAIN, files_and_everyday.DOMAIN)


def write(domain: Domain, folder: Path) -> None:
    """tasks.jsonl, manifest.json and the tasks' files of one domain; families take turns within a split."""
    families = [family.records(SEED) for family in domain.families]
    records = [family[split][i] for split in PLAN for i in range(len(PLAN[split])) for family in families]
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        for path, text in record.files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    lines = "".join(json.dumps(record.task, ensure_ascii=False) + "\n" for record in records)
    (folder / "tasks.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    manifest = {"id": domain.id, "name": domain.name, "description": domain.description}
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write all domains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="folder to write to")
    target = parser.parse_args().to
    for domain in DOMAINS:
        write(domain, target / domain.id)


if __name__ == "__main__":
    main()
