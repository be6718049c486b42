"""The playground as a user handles it."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

SHORT = "Hello!"
SHORT_ANSWER = "Hello! How can I help you today?"
LONG = "one two three one two three one two three"


class Playground:
    """One tab with the page in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def load(self) -> None:
        self.page.goto(self._url)

    def connect(self, key: str) -> None:
        """Type the key and wait until it is taken."""
        self.submit_key(key)
        expect(self.page.get_by_role("button", name="Forget key")).to_be_visible()

    def submit_key(self, key: str) -> None:
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Connect").click()

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def answers(self) -> Locator:
        """The texts of the answers."""
        return self.page.locator(".answer .text")

    @property
    def failure(self) -> Locator:
        return self.page.get_by_role("group", name="Error")

    @property
    def figures(self) -> Locator:
        return self.page.locator(".figures")

    @property
    def stop(self) -> Locator:
        return self.page.get_by_role("button", name="Stop")

    def ask(self, text: str) -> None:
        """Send a message; does not wait for the answer."""
        self.prompt.fill(text)
        self.prompt.press("Enter")

    def ask_shortly(self) -> None:
        """A whole short answer."""
        self.set("temperature", "0")
        self.ask(SHORT)
        expect(self.answers.last).to_have_text(SHORT_ANSWER)
        expect(self.figures.last).to_be_visible()

    def ask_at_length(self, tokens: int = 500) -> None:
        """An answer that takes many seconds, of which the first words are there."""
        self.set("temperature", "0")
        self.set("max_completion_tokens", str(tokens))
        # Far below 1 it makes the tiny model repeat itself until the limit.
        self.set("repetition_penalty", "0.1")
        self.ask(LONG)
        expect(self.stop).to_be_visible()
        self.wait_for_text(20)

    def ask_without_an_answer(self) -> None:
        """A request that nothing comes of until it is stopped; no model works on it."""
        self.page.route("**/v1/chat/completions", lambda route: None, times=1)
        self.ask(SHORT)
        expect(self.stop).to_be_visible()

    def wait_for_text(self, characters: int) -> None:
        """Wait until the last answer has so many characters. (Playwright's `wait_for_function` would need `eval`.)"""
        expect(self.answers.last).to_have_text(re.compile(f"^.{{{characters},}}", re.DOTALL))

    def parameter(self, name: str) -> Locator:
        return self.page.locator(f"#parameter-{name}")

    def set(self, name: str, value: str) -> None:
        """Fill in a parameter; on a phone the panel has to be opened for it."""
        opener = self.page.locator("#toggle-settings")
        covered = opener.is_visible()
        if covered:
            opener.click()
        self.parameter(name).fill(value)
        if covered:
            self.page.keyboard.press("Escape")

    def sample(self, title: str) -> None:
        self.page.get_by_role("button", name=title).click()

    def figure(self, name: str) -> str:
        """The value of one of the last answer's figures."""
        row = self.figures.last.locator("div").filter(has=self.page.locator("dt", has_text=name))
        return row.locator("dd").inner_text()

    def wire(self, view: str) -> str:
        """What the last answer's tab says: Request, Response, curl or Python."""
        last = self.page.locator(".wire").last
        if last.get_attribute("open") is None:
            last.get_by_text("Request and response").click()
        last.get_by_role("tab", name=view).click()
        return last.locator("pre").inner_text()

    def kept(self) -> list[dict[str, Any]]:
        """The conversations in the browser's storage."""
        texts = self.page.evaluate(
            "Object.keys(localStorage).filter((n) => n.includes('conversation ')).map((n) => localStorage[n])"
        )
        return [json.loads(text) for text in texts]

    def violations(self) -> list[str]:
        """What axe finds, with the elements that it is about."""
        found = self.page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
        return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']]}" for one in found]

    def is_wider_than_the_window(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def answer_next_with(self, body: str, *, status: int = 200, kind: str = "text/event-stream") -> None:
        """What the API is to say to the next chat completion, in its place."""

        def fulfil(route: Route) -> None:
            headers = {"content-type": kind, "x-request-id": "the-request-id"}
            route.fulfill(status=status, headers=headers, body=body)

        self.page.route("**/v1/chat/completions", fulfil, times=1)


def event(value: object) -> str:
    """One event of a stream."""
    return f"data: {json.dumps(value)}\n\n"


def piece(text: str) -> str:
    """A chunk of an answer."""
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
