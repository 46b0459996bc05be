"""When to try again, and after how long: the rule of the only retry layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentopt_core.llm.failures import Failure, meaning


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with jitter, bounded in tries and in time."""

    tries: int = 8
    """Attempts per request, the first included."""
    doubtful_tries: int = 3
    """Attempts where more of the same hardly helps: time-outs, unusable replies, an address that never answered."""
    patience_s: float = 300.0
    """No attempt begins when a request's attempts and pauses already took so many seconds."""
    first_s: float = 0.5
    """Seconds of the first pause, at most; each further one is twice as long."""
    longest_s: float = 30.0
    """Seconds of a pause, at most, unless the endpoint asks for more."""

    def pause_s(
        self, failure: Failure, tried: int, spent_s: float, worked: bool, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to give up.

        `tried`: attempts made; `spent_s`: seconds they and the pauses took; `worked`: the endpoint has answered before;
        `random`: a number from 0 to 1, for the jitter that keeps clients from coming back all at once.
        """
        if meaning(failure) != "transient":
            return None
        doubtful = failure.kind in ("timeout", "malformed", "too_large") or (failure.kind != "status" and not worked)
        if tried >= (self.doubtful_tries if doubtful else self.tries) or failure.kind == "tls":
            return None
        if failure.retry_after_s is not None:
            pause = failure.retry_after_s * (1 + 0.1 * random())
        else:
            pause = min(self.longest_s, self.first_s * 2 ** (tried - 1)) * (0.5 + 0.5 * random())
        return pause if spent_s + pause < self.patience_s else None
