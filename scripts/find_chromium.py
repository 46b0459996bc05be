"""Prints the path of an installed Chromium or a browser of its family; ends with 1 and the next move if there is none.

`CHROMIUM=/path` comes first, then the system's, then the one Playwright downloaded.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
MAC = Path("/Applications")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str | None:
    """The first browser that exists, or None."""
    given = os.environ.get("CHROMIUM", "").strip()
    candidates = [given, *(shutil.which(name) or "" for name in NAMES), *(str(MAC / app) for app in MAC_APPS)]
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None) or _downloaded()


def launch_flags() -> list[str]:
    """What Chromium needs to run headless here and to keep to itself."""
    flags = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
    return [*flags, "--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else flags


def _downloaded() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None


if __name__ == "__main__":
    found = find_chromium()
    if found is None:
        sys.exit("No Chromium found. Install one (apt install chromium, or: .venv/bin/playwright install chromium).")
    print(found)
