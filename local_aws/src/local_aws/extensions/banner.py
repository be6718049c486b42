"""What `make local` prints in the end: how to call the API."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

QUESTION = "What is the recipe of mayonnaise?"

_PARTS = ("AccessKeyId", "SecretAccessKey", "SessionToken")
"""Of temporary credentials, as STS names them."""


def banner(api: Mapping[str, Any], logs: Path, seconds: float) -> str:
    """How to call `api` (the content of api.json), to be pasted into a shell."""
    model = api["models"][0]
    parts = [
        f"Ready after {seconds:.0f} s.",
        f"""\
  API    {api["base_url"]}
{_page(api)}{_credentials(api)}
  Model  {", ".join(api["models"])}
  AWS    {api["aws_endpoint_url"]}
  Logs   {logs}""",
        "With curl:",
        _curl(api, model),
    ]
    # OpenAI's package sends a key or a token; it does not sign.
    if api["auth"] != "iam":
        parts += ["With OpenAI's Python package:", _python(api, model)]
    return "\n" + "\n\n".join([*parts, "Ctrl-C stops everything."])


def _page(api: Mapping[str, Any]) -> str:
    """The banner's line about the playground, where there is one that a browser can load."""
    # No browser sends the header that stands for a VPC endpoint when a user types an address.
    return f"  Page   {api['playground']}\n" if api["playground"] and not api["headers"] else ""


def _credentials(api: Mapping[str, Any]) -> str:
    """The banner's line about what a caller brings."""
    if api["auth"] == "jwt":
        return f"  Token  one of {api['issuer']}, in the variable TOKEN"
    if api["auth"] == "iam":
        signer = api["credentials"] or {"AccessKeyId": "yours: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"}
        return f"  Signer {signer['AccessKeyId']}"
    return f"  Key    {api['api_key']}"


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
    headers = "".join(f" -H '{name}: {value}'" for name, value in api["headers"].items())
    return (
        f"curl --no-buffer {url} \\\n"
        f"  {_curl_credentials(api)} -H 'Content-Type: application/json'{headers} \\\n"
        f"  -d {shlex.quote(json.dumps(body))}"
    )


def _curl_credentials(api: Mapping[str, Any]) -> str:
    if api["auth"] == "jwt":
        return '-H "Authorization: Bearer $TOKEN"'
    if api["auth"] == "api_key":
        return f"-H 'Authorization: Bearer {api['api_key']}'"
    sign = f"--aws-sigv4 aws:amz:{api['region']}:execute-api"
    if api["credentials"] is None:
        return f'{sign} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    access_key, secret, session = (api["credentials"][name] for name in _PARTS)
    return f"{sign} --user '{access_key}:{secret}' -H 'X-Amz-Security-Token: {session}'"


def _python(api: Mapping[str, Any], model: str) -> str:
    key = 'os.environ["TOKEN"]' if api["auth"] == "jwt" else json.dumps(api["api_key"])
    headers = f", default_headers={json.dumps(api['headers'])}" if api["headers"] else ""
    imports = "import os\n\nfrom openai import OpenAI" if api["auth"] == "jwt" else "from openai import OpenAI"
    return f"""\
.venv/bin/python - <<'PYTHON'
{imports}

client = OpenAI(base_url="{api["base_url"]}", api_key={key}{headers})
stream = client.chat.completions.create(
    model="{model}", messages=[{{"role": "user", "content": "{QUESTION}"}}], temperature=0, stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
PYTHON"""
