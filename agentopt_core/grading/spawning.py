"""Processes that start without the main module of this one.

A spawned process imports its parent's main module first. In the dashboard that is app.py: each worker would draw a page
for nobody, and have no memory left for its own work.
"""

from __future__ import annotations

import sys
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.popen_spawn_posix import Popen
    from multiprocessing.process import BaseProcess

_MAIN = "__main__"


class BareProcess(SpawnProcess):
    """A spawned process that imports what it is asked for, and nothing else."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:
        main, nothing = sys.modules[_MAIN], ModuleType(_MAIN)
        sys.modules[_MAIN] = nothing
        try:
            return SpawnProcess._Popen(process_obj)
        finally:
            # Streamlit puts another main module there for each script run, perhaps just now: that one stays.
            if sys.modules[_MAIN] is nothing:
                sys.modules[_MAIN] = main


class BareSpawn(SpawnContext):
    """The spawn method with such processes."""

    Process = BareProcess
