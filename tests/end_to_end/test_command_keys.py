"""`falconry keys`: a client's keys come and go without a deploy, and a deploy does not mind them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.data_plane import wait_until

from tests.infrastructure.matrix import SMALL, synthesize

from .command import as_json, describe, falconry
from .conftest import Api
from .control_plane import CloudFormation, client, control_plane

CHAT = {"model": "falcon-7b-instruct", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 4}


@pytest.fixture(scope="module")
def local_file(api: Api) -> Path:
    return api.local.state_dir / "api.json"


def status(api: Api, key: str) -> int:
    return int(api.post("/v1/chat/completions", key=key, json=CHAT).status_code)


@pytest.mark.parametrize("columns", [80, 160])
def test_the_list_shows_limits_and_no_value(api: Api, local_file: Path, columns: int) -> None:
    result = falconry(local_file, "keys", "list", "--local", columns=columns)
    lines = result.stdout.splitlines()

    assert result.returncode == 0, result.stderr
    assert max(map(len, lines)) <= columns
    assert re.search(r"hasty/\w+ +enabled +stack .*1 +2 +no limit", result.stdout)
    assert api.key not in result.stdout
    assert api.hasty_key not in result.stdout


def test_a_value_is_printed_when_asked_for_and_alone(api: Api, local_file: Path) -> None:
    result = falconry(local_file, "keys", "show", "hasty", "--local")

    assert (result.returncode, result.stdout, result.stderr) == (0, f"{api.hasty_key}\n", "")


def test_a_rotated_key_works_at_once_and_the_log_knows_the_client(api: Api, local_file: Path) -> None:
    made = as_json(local_file, "keys", "rotate", "tests", "--local")
    try:
        (old,) = made["old"]
        assert (made["client"], made["made_by"], old["made_by"]) == ("tests", "command", "stack")

        # WHEN both are used THEN both are let in, and the front's log has one client for both.
        wait_until(lambda: status(api, made["value"]) == 200, 20, "the new key")
        assert status(api, api.key) == 200
        logs = sorted((api.local.state_dir / "logs").rglob("*.log"))
        lines = [line for log in logs for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
        requests = [json.loads(line[line.index("{") :]) for line in lines if '"message":"request"' in line]
        assert [one["client"] for one in requests][-2:] == ["tests", "tests"]
        assert not [line for line in lines if made["value"] in line], "a key is in a log"

        # WHEN the new one is disabled THEN it is refused, until it is enabled.
        name = f"tests/{made['id']}"
        assert "is disabled" in falconry(local_file, "keys", "disable", name, "--local").stdout
        wait_until(lambda: status(api, made["value"]) == 401, 20, "the end of the new key")
        assert status(api, api.key) == 200
        assert falconry(local_file, "keys", "enable", name, "--local").returncode == 0
        wait_until(lambda: status(api, made["value"]) == 200, 20, "the return of the new key")
        refused = falconry(local_file, "keys", "delete", name, "--local")
        assert (refused.returncode, "is enabled" in refused.stderr) == (1, True)
    finally:
        falconry(local_file, "keys", "disable", f"tests/{made['id']}", "--local")
        assert falconry(local_file, "keys", "delete", f"tests/{made['id']}", "--local").returncode == 0


def test_the_value_is_shown_once_with_the_next_step(local_file: Path) -> None:
    result = falconry(local_file, "keys", "rotate", "hasty", "--local")
    (value,) = re.findall(r"^  (hastyK[A-Z0-9]{40})$", result.stdout, re.MULTILINE)
    (old,) = re.findall(r"falconry keys disable hasty/(\w+) --local", result.stdout)
    listed = as_json(local_file, "keys", "list", "--local")
    (hasty,) = [one for one in listed["clients"] if one["name"] == "hasty"]
    (made,) = [key for key in hasty["keys"] if key["made_by"] == "command"]

    assert value not in json.dumps(listed)
    assert old in [key["id"] for key in hasty["keys"]]
    ambiguous = falconry(local_file, "keys", "disable", "hasty", "--local")
    assert (ambiguous.returncode, "hasty has 2 keys. Name one: hasty/" in ambiguous.stderr) == (1, True)
    for action in ("disable", "delete"):
        finished = falconry(local_file, "keys", action, f"hasty/{made['id']}", "--local")
        assert (finished.returncode, "no working key" in finished.stdout) == (0, False)


def test_disabling_a_clients_last_key_says_what_that_means(local_file: Path) -> None:
    # GIVEN a client with one key
    disabled = falconry(local_file, "keys", "disable", "hasty", "--local")

    # THEN it is told, with the command that undoes it
    found = re.search(
        r"hasty has no working key left.+: falconry (keys enable hasty/\w+ --local)$", disabled.stdout, re.MULTILINE
    )
    assert found, disabled.stdout
    assert falconry(local_file, *found[1].split()).returncode == 0
    (hasty,) = [one for one in as_json(local_file, "keys", "list", "--local")["clients"] if one["name"] == "hasty"]
    assert [key["enabled"] for key in hasty["keys"]] == [True]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "nobody"), "no client 'nobody'. Deployed: hasty, tests."),
        (("show", "hasty/0000000000"), "no key 'hasty/0000000000' in e2e."),
        (("delete", "hasty"), "belongs to the stack"),
    ],
)
def test_a_wrong_name_is_told_with_the_mend(local_file: Path, arguments: tuple[str, ...], said: str) -> None:
    result = falconry(local_file, "keys", *arguments, "--local")

    assert result.returncode == 1
    assert said in result.stderr


def test_deploys_and_a_destroy_go_on_beside_keys_that_were_made_here(tmp_path: Path) -> None:
    with control_plane(tmp_path / "log") as aws_url:
        cloudformation = CloudFormation(aws_url)
        cloudformation.prepare()
        config = SMALL + "api: {clients: [{name: website}]}\n"
        cloudformation.deploy(synthesize("keys", config, tmp_path), "keys")
        local_file = describe(tmp_path, config=str(tmp_path / "keys.yaml"), aws_endpoint_url=aws_url)
        made = as_json(local_file, "keys", "create", "website", "--local")

        # WHEN the plan changes THEN the key stays in it.
        changed = config.replace("name: website", "name: website, rate_per_second: 5, burst: 7")
        cloudformation.deploy(synthesize("keys", changed, tmp_path), "keys")
        (website,) = as_json(local_file, "keys", "list", "--local")["clients"]
        assert (website["rate_per_second"], website["burst"]) == (5, 7)
        assert made["id"] in [key["id"] for key in website["keys"]]

        # WHEN all is destroyed THEN the key is left without effect, is named, and can be deleted.
        cloudformation.destroy("keys")
        listed = as_json(local_file, "keys", "list", "--local")
        assert (listed["clients"], [key["id"] for key in listed["strays"]]) == ([], [made["id"]])
        assert falconry(local_file, "keys", "delete", f"website/{made['id']}", "--local").returncode == 0
        with pytest.raises(ClientError, match="NotFound"):
            client(aws_url, "apigateway").get_api_key(apiKey=made["id"])
