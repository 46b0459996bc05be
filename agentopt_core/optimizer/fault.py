"""What is wrong with a proposal: a reason code for programs and a sentence the optimizer can act on."""

from __future__ import annotations


class InvalidProposal(ValueError):
    """A check failed. `code` is one of the reason codes in `validation`; `reason` says what to do about it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
