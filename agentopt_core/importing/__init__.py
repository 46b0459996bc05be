"""Files to a task set: read them into a draft, look at its issues, keep what is good."""

from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.draft import Draft, FormatInfo, Issue
from agentopt_core.importing.formats import FORMATS
from agentopt_core.importing.reading import MIN_SCORABLE, read_tasks
from agentopt_core.importing.store import TaskSetStore

__all__ = ["FORMATS", "MIN_SCORABLE", "Bundle", "Draft", "FormatInfo", "Issue", "TaskSetStore", "read_tasks"]
