"""Keeping runs: names, tags, notes, putting away, deleting; and the sample run that ships with the project."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from agentopt_core import history
from agentopt_core.errors import ConfigError, RunBusy
from agentopt_core.history.lines import LineFile
from agentopt_core.history.notes import change_about, read_about
from agentopt_core.history.run_bundle import bundle_digest, delete_run, unpack_run
from agentopt_core.history.run_folder import runs_in
from agentopt_core.views.keeping import MAX_NAME, MAX_NOTE, MAX_TAG, MAX_TAGS, About, ChangeKind, Kept
from agentopt_core.workbench.reviews import ReviewBench

MAX_PERSON = 80
"""Characters of a person's name."""
Changes = Callable[[About], Mapping[str, object]]
"""New fields from the old."""


class KeepingBench(ReviewBench):
    """What people write about runs is kept beside each run, with who wrote it and when.

    `seen` is the revision of the About that a person looked at: the change counts in any case, and `Kept.overwrote`
    says whether somebody else had changed the same meanwhile. Raises, every one: NotFound, ConfigError, DiskFull.
    """

    _sample_bundle: Path

    def about(self, run_id: str) -> About:
        """What is written about a run. Raises: NotFound; ProtocolError when the file is damaged."""
        return read_about(self.folder(run_id).path)

    def rename(self, run_id: str, name: str, by: str, seen: int | None = None) -> Kept:
        """Give the run another name; an empty one goes back to that of its settings."""
        name = " ".join(name.split())
        if len(name) > MAX_NAME:
            raise ConfigError(f"The name has {len(name)} characters.", f"Use at most {MAX_NAME}.")
        return self._change(
            run_id, by, "renamed", f"name: {name or 'as in the settings'}", lambda _: {"name": name}, seen
        )

    def tag(self, run_id: str, tags: Iterable[str], by: str, seen: int | None = None) -> Kept:
        """Replace the run's tags."""
        kept = clean_tags(tags)
        return self._change(run_id, by, "tagged", f"tags: {', '.join(kept) or 'none'}", lambda _: {"tags": kept}, seen)

    def note(self, run_id: str, text: str, by: str, step: int | None = None, seen: int | None = None) -> Kept:
        """Replace the note on the run (Markdown), or on the update of one step; an empty text removes it."""
        text = text.strip()
        if len(text) > MAX_NOTE:
            raise ConfigError(f"The note has {len(text)} characters.", f"Use at most {MAX_NOTE}.")
        if step is None:
            return self._change(run_id, by, "noted", f"note on the run: {_size(text)}", lambda _: {"note": text}, seen)

        def with_this(about: About) -> Mapping[str, object]:
            notes = {**about.update_notes, step: text}
            return {"update_notes": {number: note for number, note in sorted(notes.items()) if note}}

        return self._change(run_id, by, "noted", f"note on update {step}: {_size(text)}", with_this, seen)

    def archive(self, run_id: str, by: str) -> Kept:
        """Put the run away: lists leave it out unless asked."""
        return self._change(run_id, by, "archived", "put away", lambda _: {"archived": True})

    def unarchive(self, run_id: str, by: str) -> Kept:
        """Take the run out of the archive."""
        return self._change(run_id, by, "unarchived", "taken out of the archive", lambda _: {"archived": False})

    def delete_run(self, run_id: str, by: str) -> str:
        """Delete a run with all that it measured; returns its id. What was exported stays.

        Raises: NotFound; RunBusy while a trainer works on it or was just launched; ConfigError.
        """
        folder = self.folder(run_id)
        if self.is_live(folder.run_id):
            raise RunBusy(f"Run {folder.run_id} is being trained.", "Stop it first, then delete it.")
        name = self.run(folder.run_id).name
        delete_run(folder)
        record = {"at": time.time(), "by": _person(by), "run_id": folder.run_id, "name": name}
        with LineFile(self.home / "deleted.ndjson") as log:
            log.append(json.dumps(record).encode() + b"\n")
        if self._live:
            self._live.forget(folder.run_id)
        return folder.run_id

    def sample_run(self) -> str | None:
        """The id of the sample run in this home; None when it is not loaded."""
        digest = bundle_digest(self._sample_bundle)
        for folder in reversed(runs_in(self.home)):
            if (folder.path / "about.json").exists() and read_about(folder.path).sample == digest:
                return folder.run_id
        return None

    def load_sample_run(self, by: str) -> str:
        """Bring the finished run that ships with the project into this home, once; returns its id.

        Raises: NotFound when the project came without it; ProtocolError when it is damaged; DiskFull.
        """
        if found := self.sample_run():
            return found
        folder = unpack_run(self._sample_bundle, self.home, "sample-run")
        digest = bundle_digest(self._sample_bundle)
        what = "from the bundle that ships with AgentOpt"
        change_about(folder.path, _person(by), "loaded", what, lambda _: {"sample": digest})
        self._read_again(folder.run_id)
        return folder.run_id

    def best_curves(self, run_ids: Sequence[str]) -> dict[str, list[float]]:
        """The accepted accuracy on the training tasks after every verdict, in per cent, of each of these runs."""
        with self._history(*run_ids) as store:
            return history.best_curves(store, run_ids)

    def waiting_reviews(self) -> list[tuple[str, int]]:
        """Run and step of every proposal that waits for a person, the oldest first; cheaper than their cards."""
        with self._history() as store:
            return history.waiting(store)

    def _change(
        self, run_id: str, by: str, kind: ChangeKind, text: str, changes: Changes, seen: int | None = None
    ) -> Kept:
        folder = self.folder(run_id)
        kept = change_about(folder.path, _person(by), kind, text, changes, seen)
        self._read_again(folder.run_id)
        return kept

    def _read_again(self, run_id: str) -> None:
        if self._live:  # so that the page drawn next shows it
            self._live.catch_up([run_id])


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: one line each, in the order given, each once whatever its case.

    Raises: ConfigError when one is too long or there are too many.
    """
    found: dict[str, str] = {}
    for tag in tags:
        if line := " ".join(tag.split()):
            found.setdefault(line.casefold(), line)
    if long := next((tag for tag in found.values() if len(tag) > MAX_TAG), None):
        raise ConfigError(f"The tag '{long[:MAX_TAG]}…' has {len(long)} characters.", f"Use at most {MAX_TAG}.")
    if len(found) > MAX_TAGS:
        raise ConfigError(f"{len(found)} tags are too many.", f"Use at most {MAX_TAGS}.")
    return tuple(found.values())


def _person(by: str) -> str:
    return " ".join(by.split())[:MAX_PERSON] or "someone"


def _size(text: str) -> str:
    return f"{len(text)} characters" if text else "removed"
