"""The formats of task sets that are imported unchanged, one module each."""

from agentopt_core.importing.formats import gsm8k, own, table
from agentopt_core.importing.formats.base import Format, Made, NoTask, Setting, Wanted

FORMATS: tuple[Format, ...] = (own.FORMAT, gsm8k.FORMAT, table.FORMAT)
"""In the order in which they are tried: what needs more keys comes first, and any table comes last."""

TABLE = table.FORMAT

__all__ = ["FORMATS", "TABLE", "Format", "Made", "NoTask", "Setting", "Wanted"]
