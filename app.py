"""The router of the dashboard: `streamlit run app.py`."""

from pages.components.shell import frame, inside_app

page = frame()
with inside_app():
    page.run()
