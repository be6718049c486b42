"""`falconry` as the rehearsal's steps find it on their PATH.

    smoke FILE                                      a chat request through the emulated API of the config's deployment
    review --base DIR --head DIR --output FILE      which stacks' templates differ; danger is a bucket that goes
    preflight FILE                                  nothing to say

REHEARSAL names a JSON file: deployment -> the addresses of its data plane.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENCE = 60
"""Seconds for functions and containers to start."""


def call(url: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with OPENER.open(request, timeout=60) as response:
        return json.load(response)


def smoke(config: Path) -> int:
    deployment = config.stem
    addresses = json.loads(Path(os.environ["REHEARSAL"]).read_text(encoding="utf-8"))[deployment]
    call(f"{addresses['management']}/_local/reload", {})
    deadline = time.monotonic() + PATIENCE
    while not (health := call(f"{addresses['management']}/_local/health"))["ready"]:
        reasons = [part["reason"] for kind in ("functions", "endpoints") for part in health[kind].values()]
        if any(reasons) or time.monotonic() > deadline:
            print(f"not ready: {[reason for reason in reasons if reason] or health}")
            return 1
        time.sleep(0.2)
    name = f"/falconry/{deployment}/api/clients/default/key-id"
    key_id = boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    key = boto3.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]
    models = call(f"{addresses['api']}/v1/models", Authorization=f"Bearer {key}")["data"]
    question = {"model": models[0]["id"], "messages": [{"role": "user", "content": "Hello!"}], "temperature": 0}
    try:
        answer = call(f"{addresses['api']}/v1/chat/completions", question, Authorization=f"Bearer {key}")
    except urllib.error.HTTPError as error:
        print(f"smoke: {error.code}: {error.read().decode()}")
        return 1
    print("smoke:", answer["choices"][0]["message"]["content"])
    return 0


def review(base: Path, head: Path, output: Path, *, allow_danger: bool) -> int:
    changed, buckets = [], []
    for file in sorted(base.glob("*.template.json")):
        before, after = (json.loads((folder / file.name).read_text())["Resources"] for folder in (base, head))
        if before != after:
            changed.append(file.name.removesuffix(".template.json"))
        buckets += [name for name in before.keys() - after.keys() if before[name]["Type"] == "AWS::S3::Bucket"]
    output.write_text(f"Changed: {', '.join(changed)}\n\nBuckets that go: {', '.join(buckets) or 'none'}\n")
    return 2 if buckets and not allow_danger else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="falconry")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("smoke", "preflight"):
        commands.add_parser(command).add_argument("config", type=Path)
    reviewing = commands.add_parser("review")
    for option in ("--base", "--head", "--output"):
        reviewing.add_argument(option, type=Path, required=True)
    reviewing.add_argument("--allow-danger", action="store_true")
    options = parser.parse_args()
    if options.command == "smoke":
        return smoke(options.config)
    if options.command == "review":
        return review(options.base, options.head, options.output, allow_danger=options.allow_danger)
    return 0


if __name__ == "__main__":
    sys.exit(main())
