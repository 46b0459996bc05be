"""Find a Chromium for the browser tests; with --install, get one where there is none. Prints its path.

Order: $CHROMIUM, an installed Chromium or Chrome, Debian's package (where this may install it), Playwright's download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def installed() -> str | None:
    """Path of a browser that works here, or None. Ubuntu's `chromium-browser` may be a stub that only points to snap."""
    wished = os.environ.get("CHROMIUM")
    if wished:
        return wished
    for name in NAMES:
        path = shutil.which(name)
        if path and _answers(path):
            return path
    return _playwrights_own()


def _answers(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def from_debian() -> str | None:
    """Install Debian's package where this user may, and return the browser's path."""
    if not shutil.which("apt-get"):
        return None
    root: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
            return None
        root = ["sudo", "-n"]
    print("Installing Debian's chromium for the browser tests ...", file=sys.stderr)
    subprocess.run([*root, "apt-get", "update", "-q"], capture_output=True, check=False)
    subprocess.run(
        [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "chromium"],
        capture_output=True,
        check=False,
    )
    return installed()


def from_playwright() -> str | None:
    """Let Playwright download its own build."""
    print("Downloading Playwright's Chromium for the browser tests ...", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False)
    return _playwrights_own()


def main() -> int:
    """Print which browser the tests will use."""
    path = installed()
    if path is None and "--install" in sys.argv[1:]:
        path = from_debian() or from_playwright()
    if path is None:
        print(
            "No Chromium found. Install one (Debian: sudo apt install chromium) or set CHROMIUM=/path.", file=sys.stderr
        )
        return 1
    print(f"Browser tests use {path}", file=sys.stderr)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
