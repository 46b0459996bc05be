"""A file to a task set: read it into a draft, look at its issues, save what is good."""

from agentopt_core.importing.draft import Draft, Issue
from agentopt_core.importing.reading import read_tasks
from agentopt_core.importing.store import TaskSetStore

__all__ = ["Draft", "Issue", "TaskSetStore", "read_tasks"]
