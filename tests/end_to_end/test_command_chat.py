"""`falconry chat`: one question, a pipe, and a conversation in a terminal."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .command import Terminal, as_json, environment, falconry
from .conftest import Api

HELLO = "Hello! How can I help you today?"
GREEDY = ("--set", "temperature=0")


@pytest.fixture(scope="module")
def local_file(api: Api) -> Path:
    return api.local.state_dir / "api.json"


@pytest.fixture
def terminal(local_file: Path) -> Iterator[Terminal]:
    running = Terminal(environment(local_file, COLUMNS="80"), "chat", "--local", *GREEDY)
    try:
        yield running
    finally:
        running.process.kill()


def test_one_question(local_file: Path) -> None:
    result = falconry(local_file, "chat", "--local", *GREEDY, "Hello!")

    assert (result.returncode, result.stdout, result.stderr) == (0, f"{HELLO}\n", "")


def test_a_question_from_a_pipe_for_a_script(local_file: Path) -> None:
    told = as_json(local_file, "chat", "--local", *GREEDY, "--model", "falcon-7b-instruct", given="Hello!\n")

    assert told["text"] == HELLO
    assert told["model"] == "falcon-7b-instruct"
    assert told["finish_reason"] == "stop"
    assert told["completion_tokens"] > 5
    assert 0 < told["first_seconds"] <= told["seconds"]
    assert told["request_id"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "temperature=9", "Hi"), "400 invalid_value: temperature must be a number between 0 and 2, not 9."),
        (("--model", "falcon-7b", "Hi"), "404 model_not_found: "),
        (("--key", "a-wrong-key", "Hi"), "401 invalid_api_key: "),
        (("--url", "127.0.0.1:1/v1", "Hi"), "must begin with https:// and end in /v1"),
        (("--url", "http://127.0.0.1:1/v1", "Hi"), "http://127.0.0.1:1/v1/chat/completions cannot be reached: "),
        (("--header", "x-no-colon", "Hi"), "--header 'x-no-colon': the format is NAME:VALUE"),
    ],
)
def test_errors_are_told_in_full(local_file: Path, arguments: tuple[str, ...], said: str) -> None:
    result = falconry(local_file, "chat", "--local", *arguments)

    assert result.returncode == 1
    assert said in result.stderr
    assert result.stdout == ""
    if said[0] in "45":
        assert "request id " in result.stderr


def test_nothing_to_ask(local_file: Path) -> None:
    assert falconry(local_file, "chat", "--local").returncode == 2


def test_a_conversation(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("> ")
    terminal.type("Hello!\n")
    assert HELLO in terminal.wait_for("tokens")
    terminal.wait_for("> ")

    # WHEN a parameter is refused THEN the chat goes on, and the question can be asked again.
    terminal.type("/set temperature 9\nWhat is it?\n")
    terminal.wait_for("400 invalid_value")
    terminal.type("/set temperature 0\n/undo\n")
    terminal.wait_for("Removed: Hello!")
    terminal.type("Hello!\n")
    terminal.wait_for(HELLO)
    terminal.type("/retry\n")
    terminal.wait_for(HELLO)
    terminal.type(f"/system Be brief.\n/save {tmp_path}/talk.json\n")
    terminal.wait_for("3 messages saved to")
    saved = json.loads((tmp_path / "talk.json").read_text(encoding="utf-8"))
    assert saved == {
        "model": "falcon-180b-chat",
        "parameters": {"temperature": 0},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello!"},
            {"role": "assistant", "content": HELLO},
        ],
    }

    terminal.type(f"/model falcon-7b-instruct\n/load {tmp_path}/talk.json\n/model\n")
    terminal.wait_for("* falcon-180b-chat")
    terminal.type("/model gpt\n")
    terminal.wait_for("'gpt' is not deployed.")
    terminal.type("/sing\n")
    terminal.wait_for("unknown command /sing.")
    terminal.type('/undo\n/system\n"""\nHel\nlo\n"""\n/undo\n')
    terminal.wait_for("Removed: Hel\x1b[0m")
    terminal.type("one \\\ntwo\n/undo\n")
    terminal.wait_for("Removed: one ")
    terminal.type("/raw\nHello!\n")
    terminal.wait_for('"object": "chat.completion.chunk"')
    terminal.wait_for("tokens")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.end() == 0


class SlowAnswer(BaseHTTPRequestHandler):
    """Says a word every tenth of a second, without an end; counts clients that went away."""

    gone = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        chunk = json.dumps({"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]})
        try:
            while True:
                self.wfile.write(f"data: {chunk}\n\n".encode())
                time.sleep(0.1)
        except OSError:
            self.gone.set()

    def log_message(self, *_: object) -> None:
        """Nothing on the tests' output."""


@pytest.fixture
def slow_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowAnswer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def test_ctrl_c_ends_the_answer_and_ctrl_d_the_chat(local_file: Path, slow_url: str) -> None:
    SlowAnswer.gone.clear()
    terminal = Terminal(environment(local_file), "chat", "--local", "--url", slow_url, "--key", "any")
    terminal.wait_for("> ")
    terminal.type("Talk.\n")
    terminal.wait_for("word word ")
    terminal.type("\x03")
    terminal.wait_for("stopped by Ctrl-C")
    assert SlowAnswer.gone.wait(10), "the connection was left open: the model would go on"

    # WHEN it is asked for THEN the part that came is in the conversation.
    terminal.wait_for("> ")
    terminal.type("half a line\x03")
    terminal.wait_for("> ")
    terminal.type("/undo\n")
    terminal.wait_for("Removed: Talk.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.end() == 0


def test_ctrl_c_in_one_shot_mode(local_file: Path, slow_url: str) -> None:
    terminal = Terminal(environment(local_file), "chat", "--local", "--url", slow_url, "--key", "any", "Talk.")
    terminal.type("")  # standard input is the terminal
    terminal.wait_for("word ")
    terminal.type("\x03")
    assert terminal.end() == 130
