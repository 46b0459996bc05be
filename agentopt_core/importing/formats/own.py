"""Our own normalised tasks: what task sets are stored as."""

from __future__ import annotations

from pydantic import JsonValue, ValidationError

from agentopt_core.importing.formats.base import Format, Made, Setting, Wanted
from agentopt_core.importing.formats.values import RowError, gold_of, question_of
from agentopt_core.importing.records import Record, Table
from agentopt_core.tasks import Attachment, Task

_FIELDS = frozenset(Task.model_fields)
_SIGNS = frozenset({"meta", "source"})
"""What only we write. Attachments are a sign where they are objects, not names."""


def _make(record: Record, setting: Setting) -> Made:
    fields = dict(record.fields)
    listed = fields.pop("attachments", None) or []
    question_of(fields.get("question"))
    fields["answer"] = gold_of(fields.get("answer"))
    try:
        files = tuple(_wanted(one, setting) for one in (listed if isinstance(listed, list) else [listed]))
        task = Task.model_validate({"id": setting.row_id(record), **fields, "source": None})
    except ValidationError as error:
        fault = error.errors()[0]
        raise RowError(".".join(map(str, fault["loc"])), f"{fault['msg']}.") from error
    return Made(task, files, task.meta)


def _wanted(value: JsonValue, setting: Setting) -> Wanted:
    one = Attachment.model_validate(value)
    return Wanted(one.path, (setting.beside(one.path),), one.needed, one.sha256)


def _sign(table: Table) -> str:
    columns = set(table.columns)
    if table.kind != "jsonl" or not columns <= _FIELDS:
        return ""
    attached = (
        one for fields in table.sample if isinstance(listed := fields.get("attachments"), list) for one in listed
    )
    ours = bool(columns & _SIGNS) or any(isinstance(one, dict) for one in attached)
    return "it has the fields of AgentOpt's own tasks" if ours else ""


FORMAT = Format(
    name="tasks",
    title="AgentOpt tasks",
    sentence="JSONL in AgentOpt's own form, as task sets are stored: every field of a task under its name.",
    keys=("question",),
    make=_make,
    sign=_sign,
)
