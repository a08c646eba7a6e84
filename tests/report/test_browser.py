import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from graders.grading.scorecard import Scorecard
from graders.report.html import write_html
from tests.report import samples

pytestmark = pytest.mark.browser

Sample = Callable[[], Scorecard]
Scheme = Literal["light", "dark"]
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
OPEN_EVERYTHING = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# The WCAG contrast of every visible text with what stands behind it; returns those below 4.5.
FAINT_TEXTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const linear = (c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const [r, g, b] = numbers(colour).map((c) => linear(c / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, title, desc")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, two] = [luminance(element.closest("svg") ? style.fill : style.color), luminance(behind(element))];
    const contrast = (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
    if (!(contrast >= 4.5)) faint.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""


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


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a sample's report from a file; fails the test on any console message, error, dialog or second request."""
    contexts = []
    complaints: list[str] = []

    def open_report(sample: Sample, *, width: int = 1024, scheme: Scheme = "light", script: bool = True) -> Page:
        path = tmp_path / "report.html"
        write_html(sample(), path)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda r: complaints.append(f"asks for {r.url}") if r.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("sample", samples.ALL)
def test_a_report_opens_without_a_word_of_complaint(visit: Callable[..., Page], sample: Sample) -> None:
    expect(visit(sample).get_by_role("heading", level=1)).to_be_visible()


def test_the_score_is_seen_first(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    expect(page.get_by_role("banner")).to_contain_text("30.5 of 50 decided points")
    expect(page.get_by_role("banner")).to_contain_text("4 points open for a reviewer")


def test_a_criterion_opens_and_closes_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    softmax = page.locator("details.criterion").first
    passed = softmax.get_by_text("rows sum to one", exact=True)
    expect(passed).to_be_hidden()
    softmax.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(passed).to_be_visible()
    page.keyboard.press("Enter")
    expect(passed).to_be_hidden()


def test_a_link_in_the_summary_opens_its_criterion(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    page.get_by_role("link", name="Hidden width").click()
    expect(page.locator("#criterion-width_study")).to_be_in_viewport()


def test_the_skip_link_is_the_first_stop(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the criteria")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the criteria")).to_be_in_viewport()


def test_one_button_opens_and_closes_all_criteria(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("details.criterion:not([open])").count() == 0
    page.get_by_role("button", name="Collapse all").click()
    assert page.locator("details.criterion[open]").count() == 0
    expect(page.get_by_role("button", name="Expand all")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1600])
@pytest.mark.parametrize("sample", [samples.partial, samples.hostile, samples.ungraded])
def test_nothing_overflows_the_page(visit: Callable[..., Page], sample: Sample, width: int, scheme: Scheme) -> None:
    page = visit(sample, width=width, scheme=scheme)
    page.evaluate(OPEN_EVERYTHING)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sample", [samples.partial, samples.ungraded, samples.not_attempted])
def test_every_text_stands_out_from_what_is_behind_it(
    visit: Callable[..., Page], sample: Sample, scheme: Scheme
) -> None:
    page = visit(sample, scheme=scheme)
    page.evaluate(OPEN_EVERYTHING)
    assert page.evaluate(FAINT_TEXTS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light_differ(visit: Callable[..., Page], scheme: Scheme) -> None:
    page = visit(samples.partial, scheme=scheme)
    darkness = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0] < 128")
    assert darkness == (scheme == "dark")


@pytest.mark.parametrize("script", [True, False])
def test_paper_is_white_and_shows_what_was_closed(visit: Callable[..., Page], *, script: bool) -> None:
    page = visit(samples.partial, width=690, scheme="dark", script=script)
    page.emulate_media(media="print", color_scheme="dark")
    if script:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    hidden = page.get_by_text("asked about rows sum to one")
    expect(hidden).to_be_visible()
    box = hidden.bounding_box()
    assert box is not None
    assert box["height"] > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(FAINT_TEXTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 690


def test_printing_leaves_the_page_as_it_was(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial)
    before = page.locator("details[open]").count()
    assert page.pdf(format="A4").startswith(b"%PDF")
    expect(page.locator("details[open]")).to_have_count(before)


def test_the_report_can_be_read_without_its_script(visit: Callable[..., Page]) -> None:
    page = visit(samples.partial, script=False)
    expect(page.get_by_role("button")).to_have_count(0)
    page.locator("details.criterion summary").first.click()
    expect(page.locator("details.criterion").first.get_by_text("rows sum to one", exact=True)).to_be_visible()
