"""What a run may spend, and what code may use."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from agentopt_core.rollouts import SandboxLevel
from agentopt_core.words import Word


class Budget(Word):
    """Limits over all roles together, with what is in flight; None is no limit."""

    model_config = ConfigDict(allow_inf_nan=False)

    usd: float | None = Field(default=None, gt=0)
    """US dollars; needs models with a known price."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens."""
    requests: int | None = Field(default=None, ge=1)
    """Requests that reached an endpoint."""


class SandboxLimits(Word):
    """What one call of a function may use; beyond it the call is ended, not the run."""

    model_config = ConfigDict(allow_inf_nan=False)

    wall_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds of wall clock."""
    cpu_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds of CPU."""
    memory_mb: int = Field(default=1024, ge=64)
    """MiB of address space beyond what the warm process already maps."""
    output_kb: int = Field(default=256, ge=1)
    """KiB of standard output that are kept."""
    result_kb: int = Field(default=1024, ge=1)
    """KiB of JSON a result may have."""
    file_mb: int = Field(default=16, ge=0, le=4096)
    """MiB one file may grow to, in the folder a call may write to."""
    scratch_mb: int = Field(default=64, ge=0, le=4096)
    """MiB of all files in that folder, which lies in memory and is gone after the call; 0: no such folder."""
    scratch_without_quota: bool = False
    """At level `landlock`, where nothing holds a call to `scratch_mb`: give it a folder all the same."""
    minimum: SandboxLevel = "landlock"
    """The weakest isolation the run may start with; below `landlock` it never starts as root."""
    workers: int | None = Field(default=None, ge=1)
    """Calls that run at the same time; None: one per core, at least 2."""
    packages: tuple[str, ...] = ("numpy", "pandas", "scipy", "sympy")
    """Installed distributions a function may import beside the standard library."""
