"""What the pages share: the frame around them, the Workbench handle, charts, diff, words, empty and error states."""
