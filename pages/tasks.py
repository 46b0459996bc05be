"""Tasks: what do we train on?"""

from pages.components.shell import bootstrap

bootstrap()

import streamlit as st

from pages.components.states import guarded, heading
from pages.components.task_sets import SETS, UPLOAD, browse
from pages.components.task_upload import upload

with guarded():
    with heading("Tasks"):
        pass
    sets, own = st.tabs([SETS, UPLOAD], key="view", bind="query-params", on_change="rerun")
    if sets.open:
        with sets, guarded():
            browse(st.query_params.get("set"))
    if own.open:
        with own, guarded():
            upload()
