"""What the evidence gate found when it judged a candidate: a fact of the run, kept with the verdict."""

from __future__ import annotations

from typing import Literal

from agentopt_core.words import Word

EvidenceWord = Literal["accepted", "provisional", "indecisive", "rejected"]
"""`accepted`: shown to be better; kept. `provisional`: likely better; kept, and not counted as accepted.
`indecisive`: it leans that way, and chance could do as much; withdrawn. `rejected`: no gain, or a protected task broke;
withdrawn."""


class Evidence(Word):
    """One candidate against the accepted set, on the same validation tasks."""

    word: EvidenceWord
    looked: bool = True
    """It was measured on the validation split. False: the training tasks settled it, and nothing was spent."""
    against: int = 0
    """Evaluation of the accepted set that it was judged against."""
    n: int = 0
    """Validation tasks scored under both sets."""
    fixed: tuple[str, ...] = ()
    """Ids of tasks solved more often under the candidate, all their runs together."""
    broken: tuple[str, ...] = ()
    """Ids of tasks solved less often under the candidate."""
    settled: int = 0
    """Tasks that flipped at first and were even again after their reruns: noise."""
    p_value: float | None = None
    """One-sided exact sign-flip test over all runs of the tasks that flipped; None when nothing was compared."""
    first_p: float | None = None
    """The same of the first look alone."""
    difference: float | None = None
    """Accuracy of the candidate minus that of the accepted set at the first look, -1 to 1."""
    interval: tuple[float, float] | None = None
    """95 % interval of that difference."""
    level: float = 0.0
    """What p had to reach."""
    spent: float = 0.0
    """Of the run's false-accept budget, after this verdict: the levels of all looks that ended in no acceptance."""
    budget: float = 0.0
    """The run's false-accept budget."""
    looks: int = 0
    """Candidates that were measured on the validation split so far, this one included."""
    reruns: int = 0
    """Times each flipped task was run again under each set."""
    repeats: int = 1
    """Times each task was run under each set at the first look."""
    protected_broken: tuple[str, ...] = ()
    """Ids of protected tasks that broke."""


def outcome_word(verdict: str, evidence: Evidence | None) -> str:
    """What became of a candidate, in a word: the gate's where it decided, else the verdict's, spaces for underscores.

    A person may have kept or withdrawn it against the gate; then the verdict's word stands.
    """
    if evidence is not None:
        kept = evidence.word in ("accepted", "provisional")
        if (verdict == "kept" and kept) or (verdict == "rolled_back" and evidence.word == "indecisive"):
            return evidence.word
    return verdict.replace("_", " ")
