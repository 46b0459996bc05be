"""How large an imported file may be."""

MAX_FILE_BYTES = 200 * 1024 * 1024
"""Of one file that holds tasks."""
MAX_ROWS = 100_000
MAX_FIELD_BYTES = 1024 * 1024
"""Of one field, as UTF-8."""
MAX_COLUMNS = 1_000
"""Columns that are known by name; records may have more, which stay in their `meta`."""

MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024
MAX_ATTACHMENTS_BYTES = 1024 * 1024 * 1024
"""Of all attachments of a set together."""

MAX_ARCHIVE_BYTES = 200 * 1024 * 1024
"""Of all that an archive holds, unpacked."""
MAX_ENTRIES = 2_000
"""Files in an archive that are not small JSON files."""
MAX_FILES = 20_000
"""Files in an archive in all: MATH comes as 12,500 of one problem each."""
MAX_FOLDER_FILES = 100_000
"""Files in a folder: TabMWP comes with a picture for each of its 38,431 problems."""
SMALL_BYTES = 256 * 1024
"""A JSON file up to this size is small."""
MAX_RATIO = 100
"""What an archive may grow by when it is unpacked, in all and in each file of more than 1 MB."""
