"""Makes sample_data/sample_run/run.zip: a run of the demo model by the real trainer, in the real sandbox, with people.

.venv/bin/python scripts/make_sample_run.py

The reviewers approve the first good update, edit the second, reject the third, put one that the run's rule is against
to the test with a comment of theirs, and change the accepted functions by hand once. What the bundle holds is looked
through for names of this machine.
"""

from __future__ import annotations

import getpass
import re
import socket
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agentopt_core.config import ApprovalConfig, RunConfig, TrainingConfig  # noqa: E402
from agentopt_core.functions import Function  # noqa: E402
from agentopt_core.history.run_bundle import pack_run  # noqa: E402
from agentopt_core.reviews import Decision, FunctionText, HandChange  # noqa: E402
from agentopt_core.views.reviews import ReviewCard  # noqa: E402
from agentopt_core.workbench import Workbench  # noqa: E402

TARGET = ROOT / "sample_data" / "sample_run" / "run.zip"
TASKS = "number-and-algebra"
CONFIG = RunConfig(
    name="Sample run, demo model",
    training=TrainingConfig(epochs=8, patience=3, null_edits=1, validation="all"),
    approval=ApprovalConfig(mode="always"),
)
PATIENCE_S = 600.0
MAX_BYTES = 1_000_000
ADA, GRACE = "Ada", "Grace"
NOTE = """This run ships with AgentOpt so that every page shows something before you have trained anything.
The **demo model** answered, which is scripted: its numbers say nothing about a real model. Two reviewers decided on
every update."""
UPDATE_NOTE = "Worth a look: the rule kept it, a reviewer edited it, and it was measured again with the edit."


def main() -> None:
    """Train with people in the loop, pack, look through."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder) / "home")
        run_id = bench.start(CONFIG, TASKS, by=ADA)
        edited = review_to_the_end(bench, run_id)
        bench.tag(run_id, ["sample run", "demo model"], by=ADA)
        bench.note(run_id, NOTE, by=ADA)
        bench.note(run_id, UPDATE_NOTE, by=GRACE, step=edited)
        for update in bench.updates(run_id):
            print(f"update {update.step}, {update.by or 'optimizer'}: {update.verdict}. {update.reason}")
        pack_run(bench.folder(run_id), TARGET)
        bench.close()
        look_through(TARGET, Path(folder))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} kB")


def review_to_the_end(bench: Workbench, run_id: str) -> int:
    """Answer every proposal until the run ends; returns the step of the update that was edited."""
    deadline = time.monotonic() + PATIENCE_S
    good = bad = edited = 0
    answered: set[int] = set()
    while (run := bench.run(run_id)).status != "finished":
        if time.monotonic() > deadline or run.status in ("failed", "damaged"):
            raise SystemExit(f"The run did not end: {run.status}, {run.status_reason}.")
        for card in bench.review_queue():
            if card.step in answered:  # the trainer has not read it yet
                continue
            answered.add(card.step)
            good, bad = good + (card.rule == "kept"), bad + (card.rule != "kept")
            decision = answer(card, good, bad)
            if card.rule == "kept" and good == 2:
                edited = card.step
                bench.change(run_id, by_hand(bench, run_id), by=GRACE)
            bench.decide(run_id, decision, by=ADA if card.step % 2 else GRACE)
        time.sleep(0.2)
    return edited


def answer(card: ReviewCard, good: int, bad: int) -> Decision:
    """What the reviewers say to the update: `good` and `bad` count those that the rule is for and against so far."""
    written = [action.after for action in card.actions if action.after is not None]
    if card.rule == "kept":
        match good:
            case 1:
                return Decision(step=card.step, choice="approve", reason="General, and it fixes what it claims to.")
            case 2:
                edits = tuple(commented(one, "# Any size of number: Python's integers are exact.") for one in written)
                return Decision(step=card.step, choice="approve", reason="With a comment.", edits=edits)
            case 3:
                return Decision(step=card.step, choice="reject", reason="Too special: make it take any such question.")
        return Decision(step=card.step, choice="approve", reason="As the rule says.")
    if bad == 1 and written:
        edits = tuple(commented(one, "# Measured once more before it is given up.") for one in written)
        return Decision(step=card.step, choice="approve", reason="Let the rule decide.", edits=edits)
    return Decision(step=card.step, choice="reject", reason="It does not solve more tasks than what is accepted.")


def by_hand(bench: Workbench, run_id: str) -> HandChange:
    """The first accepted function with a comment more."""
    first = bench.accepted_functions(run_id).functions[0]
    text = commented(first, "# Looked through by hand.")
    return HandChange(functions=(text,), reason="Marked as looked through.")


def commented(function: Function, comment: str) -> FunctionText:
    """The function as a person would hand it in, with a line of comment at its end."""
    code = f"{function.code.rstrip()}\n{comment}\n"
    return FunctionText(name=function.name, description=function.description, code=code)


def look_through(bundle: Path, folder: Path) -> None:
    """No name of this machine or its user may travel; nor may the bundle grow large."""
    if bundle.stat().st_size > MAX_BYTES:
        raise SystemExit(f"{bundle} has {bundle.stat().st_size} bytes; at most {MAX_BYTES} are shipped.")
    paths = [str(folder), str(ROOT), "/home/", "/root/", "/tmp/", "/Users/"]
    names = [name for name in (getpass.getuser(), socket.gethostname()) if len(name) > 3 and name != "root"]
    personal = re.compile("|".join([*map(re.escape, paths), *(rf"\b{re.escape(name)}\b" for name in names)]))
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if found := personal.search(archive.read(name).decode()):
                raise SystemExit(f"{name} in the bundle holds '{found.group()}', a name of this machine.")


if __name__ == "__main__":
    main()
