"""A browser without a window, as people have one with."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tandem import engine, machine
from tandem.paths import STATE

from . import kube

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENSHOTS = STATE / "screenshots"


def chromium() -> str:
    """The path of the system's Chromium or Chrome, which is installed where that is possible."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None and machine.can_install_packages():
        engine.install_packages(["chromium"])
        found = shutil.which("chromium")
    assert found, "the browser tests need Chromium or Chrome: install one of them"
    return found


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of a fresh browser, large enough to show a whole screen of either UI."""
    with sync_playwright() as playwright:
        # Its own sandbox refuses to run as root, and it only ever sees this platform's pages.
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        # A busy machine draws a graph of assets only after some seconds.
        page.set_default_timeout(60_000)
        expect.set_options(timeout=30_000)
        try:
            yield page
        finally:
            browser.close()


def log_in(page: Page, airflow_url: str) -> None:
    """Log in to Airflow as the user that `make up` prints."""
    login = kube.secret("tandem-airflow-admin")
    page.goto(f"{airflow_url}/auth/login/")
    page.locator("input[name=username]").fill(login["username"])
    page.locator("input[name=password]").fill(login["password"])
    page.locator("[type=submit]").first.click()
    page.wait_for_url(re.compile(r"localhost:\d+/$|/home"))


def picture(page: Page, name: str) -> Path:
    """Keep what the page looks like now, for people and for the docs; the file."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path
