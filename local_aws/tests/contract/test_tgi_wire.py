"""Shapes, events and errors of the model server, per release of TGI."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from local_aws_testing.model_server import ROOT, Server, command, environment, events, running
from local_aws_testing.timing import quickest

COUNT = "User: Count to fifty\nFalcon:"
HELLO = "User: Hello!\nFalcon:"
EMOJI = "User: Send me an emoji\nFalcon:"
FREE = "Once"
"""A prompt that leaves the model much choice."""


@pytest.fixture(scope="module")
def old() -> Iterator[Server]:
    with running(TGI_VERSION="1.4.0", MAX_INPUT_LENGTH="1024", MAX_TOTAL_TOKENS="2048") as server:
        yield server


@pytest.fixture(scope="module")
def new() -> Iterator[Server]:
    with running(TGI_VERSION="2.4.0", MAX_CONCURRENT_REQUESTS="2") as server:
        yield server


def test_health(old: Server, new: Server) -> None:
    for server in (old, new):
        assert server.client.get("/ping").status_code == 200
        assert server.client.get("/health").content == b""


def test_generate_gives_an_object_and_invocations_a_list(new: Server) -> None:
    body = {"inputs": HELLO, "parameters": {"max_new_tokens": 20, "return_full_text": False}}
    expected = {"generated_text": " Hello! How can I help you today?"}
    assert new.post("/generate", body).json() == expected
    assert new.post("/invocations", body).json() == [expected]
    assert new.post("/", body).json() == [expected]


def test_the_full_text_is_the_default_of_the_newer_release_only(old: Server, new: Server) -> None:
    body = {"inputs": HELLO, "parameters": {"max_new_tokens": 20}}
    answer = " Hello! How can I help you today?"
    assert old.post("/invocations", body).json() == [{"generated_text": answer}]
    assert new.post("/invocations", body).json() == [{"generated_text": HELLO + answer}]
    assert new.post("/generate", body).json() == {"generated_text": answer}


def test_details(new: Server) -> None:
    answer = new.generate(HELLO, max_new_tokens=20, details=True, decoder_input_details=True, top_n_tokens=2)
    details = answer["details"]
    assert details["finish_reason"] == "eos_token"
    assert details["seed"] is None
    assert "".join(token["text"] for token in details["prefill"]) == HELLO
    assert details["prefill"][0]["logprob"] is None
    assert all(token["logprob"] <= 0 for token in details["prefill"][1:])
    assert details["generated_tokens"] == len(details["tokens"]) == len(details["top_tokens"])
    assert details["tokens"][-1] == {
        "id": 11,
        "text": "<|endoftext|>",
        "logprob": pytest.approx(0, abs=0.5),
        "special": True,
    }
    assert "".join(token["text"] for token in details["tokens"][:-1]) == answer["generated_text"]
    for token, top in zip(details["tokens"], details["top_tokens"], strict=True):
        assert top[0] == token
        assert len(top) == 2
    without = new.generate(HELLO, max_new_tokens=20, details=True)["details"]
    assert without["prefill"] == []
    assert "top_tokens" not in without


def test_events(old: Server, new: Server) -> None:
    parameters = {"max_new_tokens": 20, "details": True, "return_full_text": False}
    body = {"inputs": HELLO, "stream": True, "parameters": parameters}
    raw = old.post("/invocations", body)
    assert raw.headers["content-type"] == "text/event-stream"
    assert all(block.startswith('data:{"index":') for block in raw.text.split("\n\n")[:-1])
    assert all(block.startswith('data: {"index":') for block in new.post("/", body).text.split("\n\n")[:-1])
    *inner, last = events(raw.text)
    assert [event["index"] for event in (*inner, last)] == list(range(1, len(inner) + 2))
    assert all(event["generated_text"] is None and event["details"] is None for event in inner)
    assert "".join(event["token"]["text"] for event in inner) == last["generated_text"]
    assert last["token"]["text"] == "<|endoftext|>"
    details = {"finish_reason": "eos_token", "generated_tokens": len(inner) + 1, "seed": None}
    assert last["details"] == details
    newer = new.stream(HELLO, **parameters)[-1]["details"]
    assert newer == {**details, "input_length": 7}
    assert new.stream(HELLO, max_new_tokens=20)[-1]["details"] is None


def test_characters_of_several_bytes_are_never_cut(new: Server) -> None:
    streamed = new.stream(EMOJI, max_new_tokens=60)
    texts = [event["token"]["text"] for event in streamed[:-1]]
    assert "" in texts
    assert "\N{REPLACEMENT CHARACTER}" not in "".join(texts)
    assert "".join(texts) == streamed[-1]["generated_text"] == " Here you are: 🦅 🚀 🎉 👍 ❤️ 😀 👩‍💻"


def test_a_text_that_ends_inside_a_character_is_empty(new: Server) -> None:
    texts = [event["token"]["text"] for event in new.stream(EMOJI, max_new_tokens=60)]
    cut = texts.index("") + 1
    answer = new.generate(EMOJI, max_new_tokens=cut, details=True)
    assert answer["generated_text"] == ""
    assert "".join(token["text"] for token in answer["details"]["tokens"]) == " Here you are:"


def test_end_of_generation(new: Server) -> None:
    by_length = new.generate(HELLO, max_new_tokens=3, details=True)
    assert (by_length["generated_text"], by_length["details"]["finish_reason"]) == (" Hello! How", "length")
    by_stop = new.generate(COUNT, max_new_tokens=90, stop=["x", "5"], details=True)
    assert by_stop["generated_text"] == " 1, 2, 3, 4, 5"
    assert by_stop["details"]["finish_reason"] == "stop_sequence"
    whole = new.generate(HELLO, max_new_tokens=20, details=True)["details"]["generated_tokens"]
    at_limit = new.generate(HELLO, max_new_tokens=whole, details=True)
    assert at_limit["details"]["finish_reason"] == "length"


def test_a_seed_makes_a_sample_reproducible(new: Server) -> None:
    def sample(seed: int | None) -> tuple[str, int]:
        answer = new.generate(FREE, max_new_tokens=40, temperature=3.0, top_k=200, seed=seed, details=True)
        return answer["generated_text"], answer["details"]["seed"]

    assert sample(7) == sample(7)
    assert sample(7)[0] != sample(8)[0]
    assert sample(2**64 - 1)[1] == 2**64 - 1
    text, seed = sample(None)
    assert sample(seed)[0] == text


def test_streamed_and_whole_samples_are_the_same(new: Server) -> None:
    parameters = {"max_new_tokens": 40, "temperature": 2.0, "typical_p": 0.95, "repetition_penalty": 1.1, "seed": 3}
    assert new.stream(FREE, **parameters)[-1]["generated_text"] == new.generate(FREE, **parameters)["generated_text"]


def test_native_sampling_draws_from_the_same_probabilities() -> None:
    with running(["--native-sampling"]) as server:
        drawn = {server.generate(FREE, max_new_tokens=6, temperature=5.0)["generated_text"] for _ in range(4)}
        assert len(drawn) > 1
        parameters = {"temperature": 0.6, "top_p": 0.9, "details": True, "top_n_tokens": 3}
        answer = server.generate(HELLO, max_new_tokens=20, **parameters)
        assert answer["generated_text"] == " Hello! How can I help you today?"
        for token, top in zip(answer["details"]["tokens"], answer["details"]["top_tokens"], strict=True):
            assert token in top
        seeded = {"max_new_tokens": 30, "temperature": 3.0, "seed": 5}
        assert server.generate(FREE, **seeded) == server.generate(FREE, **seeded)


def test_penalties_and_watermark_change_the_text(new: Server) -> None:
    plain = new.generate(COUNT, max_new_tokens=60)["generated_text"]
    for parameters in ({"repetition_penalty": 3.0}, {"frequency_penalty": 2.0, "repetition_penalty": 1.5}):
        assert new.generate(COUNT, max_new_tokens=60, **parameters)["generated_text"] != plain
    free = {"max_new_tokens": 60, "temperature": 2.0, "seed": 1}
    marked = new.generate(FREE, **free, watermark=True)["generated_text"]
    assert marked != new.generate(FREE, **free)["generated_text"]


def test_truncate_drops_the_beginning(new: Server) -> None:
    long = "User: Count to ten\nFalcon: 1\n" * 5 + HELLO
    answer = new.generate(long, max_new_tokens=20, truncate=7, details=True, decoder_input_details=True)
    assert "".join(token["text"] for token in answer["details"]["prefill"]) == HELLO
    assert answer["generated_text"] == " Hello! How can I help you today?"


def test_best_of_gives_the_likeliest_sequence_and_the_others(new: Server) -> None:
    details = new.generate(FREE, max_new_tokens=10, do_sample=True, temperature=2.0, best_of=2, details=True)["details"]
    (other,) = details["best_of_sequences"]
    assert other["seed"] != details["seed"]

    def mean(sequence: dict[str, object]) -> float:
        tokens = sequence["tokens"]
        assert isinstance(tokens, list)
        return sum(float(token["logprob"]) for token in tokens) / len(tokens)

    assert mean(details) >= mean(other)


def test_errors(old: Server, new: Server) -> None:
    bad = {"inputs": "x", "parameters": {"temperature": 0.0}}
    refused = {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"}
    for path in ("/generate", "/invocations", "/"):
        response = new.post(path, bad)
        assert (response.status_code, response.json()) == (422, refused)
    for path in ("/generate_stream", "/invocations"):
        response = new.post(path, {**bad, "stream": True})
        assert (response.status_code, events(response.text)) == (200, [refused])
    mistyped = {"inputs": "x", "parameters": {"stop": "User:"}}
    union = "Failed to deserialize the JSON body into the target type: data did not match any variant of untagged enum "
    response = new.post("/invocations", mistyped)
    assert (response.status_code, response.text) == (422, union + "SagemakerRequest")
    assert response.headers["content-type"].startswith("text/plain")
    assert (
        'parameters.stop: invalid type: string "User:", expected a sequence' in old.post("/invocations", mistyped).text
    )
    assert new.client.post("/invocations", content=b"{").status_code == 415
    json_type = {"content-type": "application/json"}
    assert new.client.post("/invocations", content=b"{", headers=json_type).status_code == 400
    assert new.post("/invocations", {"inputs": "x" * 2_100_000}).status_code == 413
    assert new.client.post("/ping").status_code == 405
    assert new.client.get("/nothing").status_code == 404


def test_a_long_prompt_is_counted_in_the_error(old: Server) -> None:
    response = old.post("/invocations", {"inputs": "Hello! " * 600, "parameters": {"max_new_tokens": 5}})
    assert response.status_code == 422
    assert response.json()["error"].startswith(
        "Input validation error: `inputs` must have less than 1024 tokens. Given: "
    )


def test_a_chat_body_meets_the_missing_template(old: Server, new: Server) -> None:
    body = {"messages": [{"role": "user", "content": "Hello!"}]}
    response = new.post("/invocations", body)
    assert response.status_code == 422
    assert response.json() == {"error": "Template error: template not found", "error_type": "template_error"}
    assert "missing field `inputs`" in old.post("/invocations", body).text


def long_stream(server: Server, ready: threading.Event, release: threading.Event) -> None:
    """Reads the first bytes of a long stream and holds the connection until `release`."""
    parameters = {"max_new_tokens": 2000, "repetition_penalty": 0.5}  # rewards repetition, so it never ends
    with server.client.stream("POST", "/generate_stream", json={"inputs": "1", "parameters": parameters}) as response:
        chunks = response.iter_raw()
        next(chunks)
        ready.set()
        release.wait(20)


def test_one_request_too_many_is_refused_at_once_and_a_client_that_leaves_makes_room(new: Server) -> None:
    release = threading.Event()
    ready = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=long_stream, args=(new, one, release)) for one in ready]
    try:
        for thread, one in zip(threads, ready, strict=True):
            thread.start()
            assert one.wait(20)
        overloaded = {"error": "Model is overloaded", "error_type": "overloaded"}
        response = new.post("/generate", {"inputs": HELLO})
        assert (response.status_code, response.json()) == (429, overloaded)
        assert events(new.post("/generate_stream", {"inputs": HELLO}).text) == [overloaded]
        assert new.client.get("/ping").status_code == 200
    finally:
        release.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join(20)
    deadline = time.monotonic() + 5
    while new.post("/generate", {"inputs": HELLO, "parameters": {"max_new_tokens": 2}}).status_code == 429:
        assert time.monotonic() < deadline, "the generations of clients that left are still running"
        time.sleep(0.02)
    busy = psutil.Process(new.process_id)
    busy.cpu_percent()
    time.sleep(0.3)
    assert busy.cpu_percent() < 50


def test_the_tokens_of_a_stream_come_one_by_one(new: Server) -> None:
    body = {"inputs": COUNT, "parameters": {"max_new_tokens": 150}}
    with new.client.stream("POST", "/generate_stream", json=body) as response:
        arrivals = [time.monotonic() for _ in response.iter_raw()]
    assert len(arrivals) > 30  # many reads, not one


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("tokenizer.json", "tokenizer.json is missing"), ("vocabulary.json", "vocabulary.json is missing")],
)
def test_an_incomplete_folder_is_named(tmp_path: Path, missing: str, sentence: str) -> None:
    for file in (ROOT / "local_aws/src/local_aws/model_server/tiny_falcon").iterdir():
        if file.name != missing:
            (tmp_path / file.name).symlink_to(file)
    ended = subprocess.run(
        command("--model-dir", str(tmp_path)), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"model server: {tmp_path}: {sentence}. Convert the model again: ct2-")
    assert ended.stderr.count("\n") == 1


def test_limits_beyond_the_model_end_the_start(tmp_path: Path) -> None:
    variables = environment(MAX_TOTAL_TOKENS="4096")
    ended = subprocess.run(command(), cwd=ROOT, env=variables, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert ended.stderr == (
        "model server: MAX_TOTAL_TOKENS=4096: the model has 2048 positions. Set MAX_TOTAL_TOKENS to at most 2048.\n"
    )


def test_sigterm_ends_the_server_even_during_a_generation() -> None:
    with running() as server:
        process = psutil.Process(server.process_id)
        ready, release = threading.Event(), threading.Event()
        thread = threading.Thread(target=ignoring_errors, args=(server, ready, release))
        thread.start()
        assert ready.wait(20)
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        process.wait(10)
        release.set()
        thread.join(20)
        assert time.monotonic() - started < 5


def ignoring_errors(server: Server, ready: threading.Event, release: threading.Event) -> None:
    """A long stream whose end does not matter."""
    try:
        long_stream(server, ready, release)
    except Exception:
        ready.set()


def test_memory_and_start_stay_small() -> None:
    def start() -> float:
        started = time.monotonic()
        with running() as server:
            seconds = time.monotonic() - started
            server.generate(COUNT, max_new_tokens=150)
            resident = psutil.Process(server.process_id).memory_info().rss / 2**20
        assert resident < 200, json.dumps({"resident MiB": resident})
        return seconds

    assert quickest(start, 6) < 6  # 0.6 s on an idle machine
