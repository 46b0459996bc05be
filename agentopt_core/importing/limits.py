"""How large an imported file may be."""

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_ROWS = 100_000
MAX_FIELD_BYTES = 1024 * 1024
"""Of one field, as UTF-8."""
