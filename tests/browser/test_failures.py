"""What goes wrong is shown as it is, with its request id; a broken answer never looks like a finished one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import Deployed
from .playground import SHORT, SHORT_ANSWER, Playground, event, piece

ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


def test_a_wrong_key_is_said_to_be_one(playground: Playground, deployed: Deployed) -> None:
    playground.submit_key("no-such-key")

    expect(playground.failure).to_contain_text("The API key is unknown or disabled")
    expect(playground.failure).to_contain_text("invalid_api_key")
    expect(playground.failure).to_contain_text(re.compile(f"Request ID{ID}"))
    expect(playground.page.get_by_label("API key")).to_be_focused()
    # The right one works afterwards.
    playground.connect(deployed.key)
    expect(playground.failure).to_be_hidden()


def test_a_key_that_no_longer_works_is_told_in_the_conversation(connected: Playground) -> None:
    connected.page.evaluate("sessionStorage.setItem('falconry key', 'gone')")
    connected.ask(SHORT)

    expect(connected.failure).to_contain_text("401")
    expect(connected.failure).to_contain_text(re.compile(f"Request ID{ID}"))
    expect(connected.page.get_by_role("button", name="Retry")).to_be_visible()


def test_an_error_of_the_api_is_shown_in_full(connected: Playground) -> None:
    connected.set("max_completion_tokens", "5000")
    connected.ask(SHORT)

    for part in ("400", "context_length_exceeded", "invalid_request_error", "max_tokens"):
        expect(connected.failure).to_contain_text(part)
    expect(connected.failure).to_contain_text(re.compile(f"Request ID{ID}"))
    connected.failure.get_by_text("Raw response").click()
    expect(connected.failure.locator("pre")).to_contain_text('"code": "context_length_exceeded"')
    # Mended, the conversation goes on, without the turn that failed.
    connected.set("max_completion_tokens", "")
    connected.ask_shortly()


def test_an_error_amid_the_stream_keeps_what_came(connected: Playground) -> None:
    error = {"message": "The model broke.", "type": "server_error", "param": None, "code": "generation_failed"}
    connected.answer_next_with(": keep-alive\n\n" + piece("Half an ") + event({"error": error}))
    connected.ask(SHORT)

    expect(connected.answers).to_have_text("Half an ")
    expect(connected.failure).to_contain_text("The model broke.")
    expect(connected.failure).to_contain_text("the-request-id")


@pytest.mark.parametrize("end", ["", 'data: {"choices": [{"index": 0, "delta": {"content": "lost'])
def test_a_stream_without_its_end_mark_is_a_cut_answer(connected: Playground, end: str) -> None:
    connected.answer_next_with(piece("Half an answer") + end)
    connected.ask(SHORT)

    expect(connected.answers).to_have_text("Half an answer")
    expect(connected.page.get_by_text("The answer was interrupted: ")).to_be_visible()


def test_an_answer_of_somebody_else_on_the_way_is_shown(connected: Playground) -> None:
    connected.answer_next_with("<h1>Bad gateway</h1>", status=502, kind="text/html")
    connected.ask(SHORT)

    expect(connected.failure).to_contain_text("The API returned 502 without an error message.")
    connected.failure.get_by_text("Raw response").click()
    expect(connected.failure.locator("pre")).to_have_text("<h1>Bad gateway</h1>")


def test_no_network_is_told(connected: Playground) -> None:
    connected.page.route("**/v1/chat/completions", lambda route: route.abort(), times=1)
    connected.ask(SHORT)
    expect(connected.failure).to_contain_text("No response from")

    connected.page.get_by_role("button", name="Retry").click()
    expect(connected.failure).to_be_hidden()
    expect(connected.figures).to_be_visible()


def test_text_is_never_markup(connected: Playground) -> None:
    attack = '<img src=x onerror="window.hit = 1"><script>window.hit = 1</script>'
    connected.answer_next_with(piece(attack) + "data: [DONE]\n\n")
    connected.page.get_by_label("System prompt").fill(attack)
    connected.ask(attack)

    expect(connected.answers).to_have_text(attack)
    expect(connected.page.locator(".asked .text")).to_have_text(attack)
    assert connected.page.evaluate("window.hit") is None
    assert connected.page.locator(".turn img, .turn script").count() == 0
    connected.page.reload()
    expect(connected.answers).to_have_text(attack)
    assert connected.page.evaluate("window.hit") is None


def test_a_full_storage_is_told_and_the_talk_goes_on(connected: Playground) -> None:
    connected.page.evaluate(
        """() => {
          for (let size = 1 << 22; size >= 1; size >>= 1) {
            try { for (;;) localStorage.setItem(`x${Math.random()}`, 'x'.repeat(size)); } catch {}
          }
        }"""
    )
    connected.ask(SHORT)

    expect(connected.answers).to_have_text(SHORT_ANSWER)
    expect(connected.page.get_by_role("alert")).to_contain_text("Could not save to the browser's storage")
