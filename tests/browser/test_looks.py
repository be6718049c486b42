"""For everybody: axe finds nothing in any state, in both colours and sizes; and all of it works from the keyboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Deployed
from .playground import SHORT, SHORT_ANSWER, Playground

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
LOOKS = [
    pytest.param(id=f"{size}-{colours}", marks=pytest.mark.look(**look, color_scheme=colours))
    for size, look in (("desktop", DESKTOP), ("phone", PHONE))
    for colours in ("light", "dark")
]
"""Each a parameter without a value: the marker is for the fixture `context`."""


def check(playground: Playground) -> None:
    assert playground.violations() == []
    assert not playground.is_wider_than_the_window()


@pytest.mark.parametrize((), LOOKS)
def test_axe_finds_nothing_before_a_key_is_there(playground: Playground, deployed: Deployed) -> None:
    check(playground)
    playground.submit_key("no-such-key")
    expect(playground.failure).to_be_visible()
    check(playground)
    playground.connect(deployed.key)
    expect(playground.page.get_by_role("heading", name="What would you like to ask?")).to_be_visible()
    check(playground)


@pytest.mark.parametrize((), LOOKS)
def test_axe_finds_nothing_in_a_conversation(connected: Playground) -> None:
    connected.page.route("**/v1/chat/completions", lambda route: route.abort(), times=1)
    connected.ask(SHORT)
    expect(connected.failure).to_be_visible()
    check(connected)
    connected.page.get_by_role("button", name="Retry").click()
    expect(connected.figures).to_be_visible()
    for view in ("Request", "Response", "curl", "Python"):
        connected.wire(view)
        check(connected)
    connected.page.get_by_role("button", name="Delete", exact=True).click()
    expect(connected.page.get_by_role("dialog")).to_be_visible()
    check(connected)


@pytest.mark.parametrize((), LOOKS)
def test_axe_finds_nothing_while_an_answer_is_awaited_and_when_it_was_stopped(connected: Playground) -> None:
    connected.ask_without_an_answer()
    check(connected)
    connected.stop.click()
    expect(connected.page.get_by_text("Stopped.", exact=True)).to_be_visible()
    check(connected)


@pytest.mark.parametrize((), [look for look in LOOKS if str(look.id).startswith("phone")])
def test_on_a_phone_both_panels_lie_over_the_page(connected: Playground) -> None:
    settings = connected.page.get_by_role("complementary", name="Settings")
    toggle = connected.page.get_by_role("button", name="Settings")
    expect(settings).to_be_hidden()
    toggle.click()
    expect(settings).to_be_visible()
    expect(connected.page.get_by_label("Model", exact=True)).to_be_focused()
    check(connected)
    connected.page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    expect(toggle).to_be_focused()

    connected.ask_shortly()
    connected.page.get_by_role("button", name="Conversations").click()
    expect(connected.page.get_by_role("button", name=SHORT)).to_be_visible()
    check(connected)
    connected.page.get_by_role("button", name="New conversation").click()
    expect(connected.page.get_by_role("heading", name="What would you like to ask?")).to_be_visible()


def test_light_and_dark_follow_the_system(page: Page, deployed: Deployed) -> None:
    page.goto(deployed.playground)
    grounds = []
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(map(int, re.findall(r"\d+", colour))))

    assert grounds[0] > 3 * 230
    assert grounds[1] < 3 * 40


def test_all_of_it_works_from_the_keyboard(playground: Playground, deployed: Deployed) -> None:
    keyboard = playground.page.keyboard

    def tab_to(name: str, limit: int = 60) -> None:
        """Press Tab until the focus is on what is called `name`, and visible as such."""
        for _ in range(limit):
            keyboard.press("Tab")
            focused = playground.page.locator(":focus")
            label = focused.evaluate("(e) => e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText")
            if label.strip().startswith(name):
                assert focused.evaluate("(e) => getComputedStyle(e).outlineStyle !== 'none' || e.id === 'prompt'")
                return
        raise AssertionError(f"Tab does not come to {name}")

    # The first stop leads past everything else.
    keyboard.press("Tab")
    expect(playground.page.get_by_role("link", name="Skip to the prompt")).to_be_focused()
    tab_to("API key")
    keyboard.type(deployed.key)
    keyboard.press("Enter")
    expect(playground.prompt).to_be_focused()
    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two")
    assert playground.prompt.input_value() == "one\ntwo"
    keyboard.press("Control+A")
    keyboard.type(SHORT)
    keyboard.press("Enter")
    expect(playground.figures).to_be_visible()

    # Settings: model, mode, parameters.
    tab_to("Model")
    tab_to("Chat")
    keyboard.press("ArrowRight")
    expect(playground.page.get_by_role("radio", name="Completion")).to_be_checked()
    keyboard.press("ArrowLeft")
    tab_to("temperature")
    keyboard.type("0")

    # The last answer's wire, with arrows between the tabs.
    playground.prompt.focus()
    for _ in range(40):
        keyboard.press("Shift+Tab")
        if playground.page.locator(":focus").inner_text().startswith("Request and response"):
            break
    keyboard.press("Enter")
    expect(playground.page.get_by_role("tab", name="Request")).to_be_visible()
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    expect(playground.page.get_by_role("tab", name="curl")).to_be_focused()
    expect(playground.page.locator(".wire pre")).to_contain_text("curl --no-buffer")


def test_escape_stops_an_answer(connected: Playground) -> None:
    connected.ask_without_an_answer()
    connected.page.keyboard.press("Escape")

    expect(connected.page.get_by_text("Stopped.", exact=True)).to_be_visible()


def test_every_control_has_a_name_and_the_headings_are_in_order(connected: Playground) -> None:
    connected.ask_shortly()
    nameless = connected.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea')]
          .filter((e) => !e.closest('[hidden]') && e.getAttribute('aria-hidden') !== 'true')
          .filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim()))
          .map((e) => e.outerHTML)"""
    )

    assert nameless == []
    assert connected.page.locator("h1").count() == 1
    assert SHORT_ANSWER in connected.page.locator("main").aria_snapshot()
