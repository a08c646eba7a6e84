"""The class's page in a real browser: sorts, searches, opens reports; says nothing to the console and asks nobody."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from graders.dashboard import render_dashboard
from graders.ledger import figures_of, results_of
from tests.dashboard.big_class import SCRIPT, fill
from tests.report.test_browser import FAINT_TEXTS, OPTIONS

pytestmark = pytest.mark.browser
NAMES = (
    "Müller, Jürgen",
    "=cmd|' /C calc'!A0",
    "علي حسن",
    SCRIPT,
    "Wolfeschlegelsteinhausenbergerdorff " * 6,
    "\u202e\x1b[31mred",
)
STUDENTS = 250


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium on this machine")
    assert chromium, "CI must have a Chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=OPTIONS.split())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return results with a page of the class, and a report for one of them."""
    folder = tmp_path_factory.mktemp("results")
    with fill(folder, STUDENTS, names=NAMES) as ledger:
        figures = [figures_of(result) for result in results_of(ledger)]
        (folder / "index.html").write_text(render_dashboard(ledger, figures, f"MLP {SCRIPT}"), encoding="utf-8")
    report = folder / "students" / "s00000" / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("<!DOCTYPE html><title>r</title><link rel=icon href=data:,><h1>report of s00000</h1>")
    return folder


@pytest.fixture
def visit(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Open the page from its file; fails the test on any console message, error, dialog or request."""
    complaints: list[str] = []
    contexts = []
    allowed = {(folder / "index.html").as_uri(), (folder / "students" / "s00000" / "report.html").as_uri()}

    def open_page(*, width: int = 1200, scheme: str = "light", script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda r: complaints.append(f"asks for {r.url}") if r.url not in allowed else None)
        page.goto((folder / "index.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def names(page: Page) -> list[str]:
    """Return the names in the list, as shown."""
    return page.locator("#list tbody th").all_inner_texts()


def test_the_ungraded_come_first(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="A person must look")).to_be_visible()
    statuses = page.locator("#list tbody tr td:nth-of-type(1)").all_inner_texts()[:3]
    assert [s.split("\n")[0] for s in statuses] == ["cannot be opened", "ungraded", "graded"]


def test_names_are_text_whatever_they_are_made_of(visit: Callable[..., Page]) -> None:
    page = visit()
    shown = names(page)
    for name in (NAMES[0], NAMES[1], NAMES[2], SCRIPT):
        assert any(name in one for one in shown), name
    assert not any("\x1b" in one or "\u202e" in one for one in shown)


def test_a_column_sorts_up_and_down(visit: Callable[..., Page]) -> None:
    page = visit()
    button = page.get_by_role("button", name="Total")
    for order in (sorted, lambda values: sorted(values, reverse=True)):
        button.click()
        totals = [float(t) for t in page.locator("#list tbody td.points:nth-of-type(2)").all_inner_texts() if t]
        assert totals == order(totals)
        assert len(totals) == 100
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Total")


def test_who_has_no_total_stands_last_either_way(visit: Callable[..., Page]) -> None:
    page = visit()
    for _ in range(2):
        page.get_by_role("button", name="Total").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Next").click()
        assert page.locator("#list tbody td.points:nth-of-type(2)").all_inner_texts()[-3:] == ["", "", ""]


@pytest.mark.parametrize(
    ("sought", "found"), [("muller", 1), ("100007", 1), ("s12@example", 1), ("حسن", 1), ("nobody", 0), ("student", 244)]
)
def test_the_search_finds_names_numbers_and_addresses(visit: Callable[..., Page], sought: str, found: int) -> None:
    page = visit()
    page.get_by_label("Search").fill(sought)
    expect(page.locator("#page")).to_contain_text(f"of {found}")
    expect(page.locator("#list tbody tr")).to_have_count(min(found, 100))


def test_the_list_is_filtered_by_status_and_by_mistake(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_label("Status").select_option("ungraded")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_label("Status").select_option("")
    first = page.locator(".mistakes li").first
    count = int(first.locator(".quiet").inner_text().split(" ")[0])
    first.get_by_role("button", name="Show them").click()
    expect(page.locator("#page")).to_contain_text(f"of {count}")
    page.get_by_role("button", name="Show everyone again").click()
    expect(page.locator("#page")).to_contain_text(f"of {STUDENTS}")


def test_a_criterion_can_be_shown_and_sorted_by(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_label("Criterion").select_option(label="Criterion 3")
    page.locator("#one button").click()
    points = [float(t) for t in page.locator("#list tbody td.points:nth-of-type(4)").all_inner_texts() if t]
    assert points == sorted(points)


def test_a_report_opens_from_the_list(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("link", name=NAMES[0]).click()
    expect(page.get_by_role("heading", name="report of s00000")).to_be_visible()


def test_without_its_script_it_says_where_the_figures_are(visit: Callable[..., Page]) -> None:
    page = visit(script=False)
    expect(page.get_by_text("gradebook.csv").first).to_be_visible()
    expect(page.get_by_role("heading", name="Criteria")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_overflows_and_every_text_can_be_read(visit: Callable[..., Page], width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(FAINT_TEXTS) == []
