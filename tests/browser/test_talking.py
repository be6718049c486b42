"""Talking to a model: answers as they come, stopping, trying again, what it took, what is remembered."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import Deployed
from .playground import SHORT, SHORT_ANSWER, Playground


def test_a_chat_with_what_each_answer_took(connected: Playground) -> None:
    connected.ask_shortly()

    assert re.fullmatch(r"\d+ \(prompt \d+\)", connected.figure("tokens"))
    assert re.fullmatch(r"\d+ ms|\d+\.\d s", connected.figure("first token"))
    assert re.fullmatch(r"\d+\.\d tokens/s", connected.figure("speed"))
    assert re.fullmatch(r"\$0\.\d+", connected.figure("cost"))
    # The focus stays where the next message is written.
    expect(connected.prompt).to_be_focused()


def test_the_next_message_carries_the_conversation(connected: Playground) -> None:
    connected.ask_shortly()
    connected.ask("And now?")
    expect(connected.figures).to_have_count(2)

    sent = json.loads(connected.wire("Request").partition("\n\n")[2])
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "user"]
    assert sent["messages"][1]["content"] == SHORT_ANSWER


def test_an_answer_is_shown_as_it_comes_and_stops_when_told(connected: Playground) -> None:
    connected.ask_at_length()
    some = connected.answers.last.inner_text()
    connected.wait_for_text(len(some) + 20)
    connected.stop.click()

    expect(connected.page.get_by_text("Stopped.", exact=True)).to_be_visible()
    expect(connected.stop).to_be_hidden()
    expect(connected.prompt).to_be_focused()
    assert connected.figure("tokens").startswith("about ")
    (kept,) = connected.kept()
    assert kept["turns"][0]["answer"]["status"] == "stopped"
    assert len(kept["turns"][0]["answer"]["texts"][0]) > 20


def test_an_answer_is_generated_again(connected: Playground) -> None:
    connected.ask_shortly()
    before = connected.page.locator(".request-id code").inner_text()
    connected.page.get_by_role("button", name="Retry").click()

    expect(connected.page.locator(".request-id code")).not_to_have_text(before)
    expect(connected.answers).to_have_text([SHORT_ANSWER])


def test_a_long_answer_is_shown_to_its_end(connected: Playground) -> None:
    connected.ask_at_length(400)

    expect(connected.figures.last).to_be_visible(timeout=120_000)
    expect(connected.page.get_by_text("The answer reached the token limit.")).to_be_visible()
    assert connected.figure("tokens").startswith("400 ")
    # It is longer than the window, and the end of it is in sight.
    scroll = connected.page.locator("#scroll").element_handle()
    assert connected.page.evaluate("(s) => s.scrollHeight > s.clientHeight", scroll)
    assert connected.page.evaluate("(s) => s.scrollHeight - s.scrollTop - s.clientHeight < 5", scroll)
    assert not connected.is_wider_than_the_window()


def test_a_reload_keeps_history_and_key_within_the_tab(connected: Playground, deployed: Deployed) -> None:
    connected.ask_shortly()
    connected.page.reload()

    expect(connected.answers).to_have_text([SHORT_ANSWER])
    expect(connected.page.get_by_role("button", name="Forget key")).to_be_visible()
    # Another tab has the history, and not the key.
    other = connected.page.context.new_page()
    other.goto(deployed.playground)
    expect(other.get_by_label("API key")).to_be_visible()
    expect(other.get_by_role("button", name=SHORT)).to_be_visible()
    assert deployed.key not in json.dumps(other.evaluate("({...localStorage})"))


def test_a_reload_amid_an_answer_keeps_what_came_and_calls_it_cut(connected: Playground) -> None:
    connected.ask_at_length()
    connected.page.reload()

    expect(connected.page.get_by_text("The answer was interrupted: ")).to_be_visible()
    assert len(connected.answers.inner_text()) > 20


def test_the_key_is_forgotten_when_told(connected: Playground) -> None:
    connected.page.get_by_role("button", name="Forget key").click()

    expect(connected.page.get_by_label("API key")).to_be_focused()
    assert connected.page.evaluate("sessionStorage.length") == 0


def test_samples_are_one_click_away(connected: Playground) -> None:
    connected.sample("A recipe")
    expect(connected.answers).to_contain_text("whisk together 1 egg yolk")
    assert connected.parameter("max_completion_tokens").input_value() == "256"
    assert connected.parameter("stop").input_value().splitlines() == [r"\nUser:", "<|endoftext|>", " User:", "###"]

    # A sample of the base model goes to the base model, as a text to be continued.
    connected.page.get_by_role("button", name="New conversation").click()
    connected.sample("Translation into French, learned from three examples")
    expect(connected.answers).to_contain_text("fromage")
    assert connected.page.get_by_label("Model", exact=True).input_value() == "falcon-7b"
    sent = json.loads(connected.wire("Request").partition("\n\n")[2])
    assert sent["stop"] == ["<|endoftext|>", "###"]
    assert sent["max_tokens"] == 768


def test_a_sample_of_a_conversation_brings_its_turns(connected: Playground) -> None:
    connected.sample("A follow-up question in a conversation")

    expect(connected.page.locator(".turn")).to_have_count(2)
    expect(connected.figures).to_have_count(1)
    assert connected.page.get_by_label("System prompt").input_value() == "You are a helpful trip planner."
    sent = json.loads(connected.wire("Request").partition("\n\n")[2])
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "assistant", "user"]


def test_parameters_are_those_of_the_api_with_their_ranges(connected: Playground) -> None:
    described = json.loads(Path("docs/openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    properties = described["ChatCompletionRequest"]["properties"]
    possible = {name for name, one in properties.items() if "enum" not in one}
    shown = connected.page.locator(".parameter label code").all_inner_texts()

    assert set(shown) == possible - {"model", "messages", "stream_options"}
    connected.set("temperature", "3")
    expect(connected.page.locator("#parameter-temperature-mistake")).to_have_text("Must be 0 to 2.")
    connected.ask(SHORT)
    expect(connected.page.get_by_role("alert")).to_have_text("temperature must be 0 to 2.")
    expect(connected.parameter("temperature")).to_be_focused()


def test_several_answers_and_one_in_one_piece(connected: Playground) -> None:
    connected.set("temperature", "0")
    connected.set("n", "2")
    connected.ask(SHORT)
    expect(connected.answers).to_have_count(2)
    expect(connected.figures).to_have_count(1)

    connected.set("n", "")
    connected.parameter("stream").select_option("false")
    connected.ask(SHORT)
    expect(connected.figures).to_have_count(2)
    expect(connected.answers.last).not_to_be_empty()


@pytest.mark.parametrize("view", ["curl", "Python"])
def test_a_request_can_be_copied_as_a_program_that_runs(connected: Playground, deployed: Deployed, view: str) -> None:
    connected.set("temperature", "0")
    connected.set("top_k", "5")
    connected.page.get_by_label("System prompt").fill("It's \"quoted\" \\ 'twice'\nover two lines")
    connected.ask(SHORT)
    expect(connected.figures).to_be_visible()
    connected.wire(view)
    connected.page.get_by_role("button", name=f"Copy {view}").click()
    text = connected.page.evaluate("navigator.clipboard.readText()")

    assert deployed.key not in text
    command = ["sh", "-c", text] if view == "curl" else [sys.executable, "-c", text]
    environment = {**os.environ, "FALCONRY_API_KEY": deployed.key}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    if view == "curl":
        assert run.stdout.strip().endswith("data: [DONE]")
        pieces = [json.loads(line[6:]) for line in run.stdout.splitlines() if line.startswith("data: {")]
        answer = "".join(one["choices"][0]["delta"].get("content") or "" for one in pieces if one["choices"])
    else:
        answer = run.stdout
    assert answer.strip() == connected.answers.inner_text().strip()


def test_conversations_can_be_exported_and_deleted(connected: Playground) -> None:
    connected.ask_shortly()
    with connected.page.expect_download() as downloading:
        connected.page.get_by_role("button", name="Export", exact=True).click()
    exported = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    (conversation,) = exported["conversations"]
    assert conversation["turns"][0]["prompt"] == SHORT
    assert conversation["turns"][0]["answer"]["texts"] == [SHORT_ANSWER]

    connected.page.get_by_role("button", name="Delete", exact=True).click()
    connected.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert len(connected.kept()) == 1
    connected.page.get_by_role("button", name="Delete", exact=True).click()
    connected.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(connected.page.get_by_role("heading", name="What would you like to ask?")).to_be_visible()
    assert connected.kept() == []


def test_a_listener_hears_an_answer_once_and_whole(connected: Playground) -> None:
    connected.page.evaluate(
        """() => {
          window.heard = [];
          const status = document.querySelector('[aria-live]');
          const observer = new MutationObserver(() => heard.push(status.textContent));
          observer.observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    connected.ask_shortly()
    expect(connected.page.locator("[aria-live]")).to_contain_text("Falcon:")

    assert connected.page.evaluate("heard") == ["Generating an answer.", f"Falcon: {SHORT_ANSWER}"]
    assert connected.page.locator("[aria-live]").count() == 1
