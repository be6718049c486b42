"""The page's modules without a page, in Node: the stream's reader, the fields and their values, copied programs."""

from __future__ import annotations

import ast
import inspect
import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any

from openai.resources.chat import Completions as ChatCompletions
from openai.resources.completions import Completions

from falconry.cdk import NODE

PAGE = Path(__file__).resolve().parents[2] / "playground" / "page"
SCHEMAS = json.loads((PAGE.parents[1] / "docs" / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]


def node(script: str, value: object = None) -> Any:
    """What the body of an async function returns, as JSON; it has `input`, and `load(file)` for a module."""
    program = (
        f"const load = (name) => import({json.dumps(PAGE.as_uri())} + '/' + name);"
        "const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"(async () => {{ {script} }})().then((v) => console.log(JSON.stringify(v)));"
    )
    command = [str(NODE), "--input-type=commonjs", "--no-warnings", "-e", program]
    run = subprocess.run(command, input=json.dumps(value), capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


READ = """
const { eventData } = await load('sse.js');
const all = [];
for (const parts of input) {
  const found = [];
  async function* chunks() { for (const part of parts) yield Uint8Array.from(part); }
  for await (const data of eventData(chunks())) found.push(data);
  all.push(found);
}
return all;
"""


def test_a_stream_may_be_cut_anywhere() -> None:
    # GIVEN a stream with comments, other fields, three kinds of line ends, and characters of several bytes
    stream = (
        ": keep-alive\n\n"
        'data: {"a": "héé 🦅"}\n\n'
        "event: x\r\nid: 3\r\ndata: two\r\ndata:lines\r\n\r\n"
        "\n\n\n"
        "data: caf\u00e9\r\rdata\n\ndata: [DONE]\n\n"
    ).encode()
    expected = ['{"a": "héé 🦅"}', "two\nlines", "café", "[DONE]"]
    # WHEN it comes byte by byte, in two halves of every length, and in random parts
    cuts = [[[byte] for byte in stream], *([list(stream[:at]), list(stream[at:])] for at in range(1, len(stream)))]
    chance = random.Random(7)
    for _ in range(50):
        places = sorted(chance.sample(range(len(stream)), 9))
        cuts.append([list(stream[a:b]) for a, b in zip([0, *places], [*places, len(stream)], strict=True)])

    # THEN the events are the same
    assert [found for found in node(READ, cuts) if found != expected] == []


def test_an_event_without_its_blank_line_is_none() -> None:
    assert node(READ, [[list(b"data: one\n\ndata: tw")], [list(b"data: one\n")], [[]]]) == [["one"], [], []]


def test_every_parameter_that_the_api_has_gets_a_field() -> None:
    names = node(
        "const { fieldsOf } = await load('schema.js');"
        "return Object.fromEntries(Object.entries(input).map(([n, s]) => [n, fieldsOf(s).map((f) => f.name)]));",
        {name: SCHEMAS[name] for name in ("ChatCompletionRequest", "CompletionRequest")},
    )

    for schema, found in names.items():
        possible = {name for name, one in SCHEMAS[schema]["properties"].items() if "enum" not in one}
        assert set(found) == possible - {"model", "messages", "prompt", "stream_options"}


def test_values_are_held_against_the_apis_ranges() -> None:
    cases = {
        ("temperature", "0.5"): {"value": 0.5},
        ("temperature", "2.1"): {"mistake": "must be 0 to 2"},
        ("temperature", "warm"): {"mistake": "is not a number"},
        ("temperature", ""): {},
        ("typical_p", "0"): {"mistake": "must be above 0, at most 1"},
        ("n", "1.5"): {"mistake": "is not a whole number, or is too large for the browser"},
        ("seed", "-3"): {"value": -3},
        ("stop", "\\nUser:\n User:\n\n###"): {"value": ["\nUser:", " User:", "###"]},
        ("stop", "1\n2\n3\n4\n5"): {"mistake": "accepts at most 4 values"},
        ("logprobs", "true"): {"value": True},
        ("response_format", '{"type": "text"}'): {"value": {"type": "text"}},
        ("response_format", "[1]"): {"mistake": "is not a JSON object"},
    }
    found = node(
        "const { fieldsOf, valueOf } = await load('schema.js');"
        "const fields = Object.fromEntries(fieldsOf(input.schema).map((f) => [f.name, f]));"
        "return input.cases.map(([name, text]) => valueOf(fields[name], text));",
        {"schema": SCHEMAS["ChatCompletionRequest"], "cases": list(cases)},
    )

    assert dict(zip(cases, found, strict=True)) == cases


def test_a_value_is_shown_so_that_it_is_read_again() -> None:
    stops = ["\nUser:", "tab\tand\\n", " leading", "###"]
    found = node(
        "const { fieldsOf, textOf, valueOf } = await load('schema.js');"
        "const field = fieldsOf(input.schema).find((f) => f.name === 'stop');"
        "return valueOf(field, textOf(field, input.stops));",
        {"schema": SCHEMAS["ChatCompletionRequest"], "stops": stops},
    )

    assert found == {"value": stops}


def test_openais_package_knows_every_parameter_that_a_copied_program_names() -> None:
    text = (PAGE / "code.js").read_text(encoding="utf-8")
    (listed,) = re.findall(r"const EXTRA = (\[.*?\]);", text)
    extra = set(json.loads(listed))
    for method, schema in (
        (ChatCompletions.create, "ChatCompletionRequest"),
        (Completions.create, "CompletionRequest"),
    ):
        known = set(inspect.signature(method).parameters)
        assert set(SCHEMAS[schema]["properties"]) - known == extra


def test_a_copied_program_says_what_the_request_says() -> None:
    body = {
        "model": "falcon-7b",
        "messages": [{"role": "user", "content": 'It\'s "so" \\ \n\t\u2028 é 🦅'}],
        "stop": ["\n", "'"],
        "logprobs": True,
        "seed": None,
        "top_k": 3,
        "stream": False,
    }
    request = {"path": "v1/chat/completions", "body": body}
    curl, python = node(
        "const { asCurl, asPython } = await load('code.js');"
        "return [asCurl('http://h/live/', input), asPython('http://h/live/', input)];",
        request,
    )

    # A shell takes curl's arguments apart, Python its own.
    printed = subprocess.run(
        ["sh", "-c", 'curl() { for one; do printf "%s\\0" "$one"; done; }\n' + curl],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    assert printed[1] == "http://h/live/v1/chat/completions"
    assert json.loads(printed[printed.index("-d") + 1]) == body
    (call,) = [
        one.value
        for one in ast.walk(ast.parse(python))
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "answer" and isinstance(one.value, ast.Call)
    ]
    given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert given.pop("extra_body") == {"top_k": 3}
    assert given == {name: value for name, value in body.items() if name != "top_k"}
