"""The formats of task sets that are imported unchanged, one module each."""

from agentopt_core.importing.formats import gaia, gsm8k, math, own, prm800k, table, tabmwp
from agentopt_core.importing.formats.base import Format, Made, NoTask, Setting, Wanted

FORMATS: tuple[Format, ...] = (
    own.FORMAT,
    gaia.FORMAT,
    tabmwp.FORMAT,
    prm800k.FORMAT,
    math.FORMAT,
    gsm8k.FORMAT,
    table.FORMAT,
)
"""In the order in which they are tried: what needs more keys comes first, and any table comes last."""

TABLE = table.FORMAT

__all__ = ["FORMATS", "TABLE", "Format", "Made", "NoTask", "Setting", "Wanted"]
