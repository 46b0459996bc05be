"""Files to a task set: read them into a draft, look at its issues, keep what is good."""

from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.columns import FIELDS
from agentopt_core.importing.draft import Draft, FormatInfo, Issue
from agentopt_core.importing.formats import FORMATS
from agentopt_core.importing.reading import MIN_SCORABLE, read_tasks
from agentopt_core.importing.splits import SplitPlan
from agentopt_core.importing.store import TaskSetStore
from agentopt_core.importing.survey import Profile
from agentopt_core.importing.templates import TEMPLATES

__all__ = [
    "FIELDS",
    "FORMATS",
    "MIN_SCORABLE",
    "TEMPLATES",
    "Bundle",
    "Draft",
    "FormatInfo",
    "Issue",
    "Profile",
    "SplitPlan",
    "TaskSetStore",
    "read_tasks",
]
