"""What `make local` prints: steps with their durations, and in the end how to call the API."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUESTION = "What is the recipe of mayonnaise?"


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints the title now and the seconds when the block ends without an exception."""
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  … {title}", end="\r", flush=True)
    yield
    print(f"  ✓ {title:<44}{time.monotonic() - started:6.1f} s", flush=True)


def banner(api: Mapping[str, Any], logs: Path, seconds: float) -> str:
    """How to call `api` (the content of api.json), to be pasted into a shell."""
    model = api["models"][0]
    return f"""
Ready after {seconds:.0f} s.

  API    {api["base_url"]}
  Key    {api["api_key"]}
  Model  {", ".join(api["models"])}
  AWS    {api["aws_endpoint_url"]}
  Logs   {logs}

With curl:

{_curl(api, model)}

With OpenAI's Python package:

{_python(api, model)}

Ctrl-C stops everything."""


def _request(model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": QUESTION}]
    return {"model": model, "messages": messages, "temperature": 0, "stream": True}


def _is_chat(model: str) -> bool:
    return model.endswith(("-chat", "-instruct"))


def _curl(api: Mapping[str, Any], model: str) -> str:
    if _is_chat(model):
        url, body = f"{api['base_url']}/chat/completions", _request(model)
    else:
        url = f"{api['native_url']}/{model}"
        body = {"inputs": "Building a website can be done in 10 simple steps:", "parameters": {"max_new_tokens": 100}}
    return (
        f"curl --no-buffer {url} \\\n"
        f"  -H 'Authorization: Bearer {api['api_key']}' -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(json.dumps(body))}"
    )


def _python(api: Mapping[str, Any], model: str) -> str:
    return f"""\
.venv/bin/python - <<'PYTHON'
from openai import OpenAI

client = OpenAI(base_url="{api["base_url"]}", api_key="{api["api_key"]}")
stream = client.chat.completions.create(
    model="{model}", messages=[{{"role": "user", "content": "{QUESTION}"}}], temperature=0, stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
PYTHON"""
