"""The notebook as it is committed, and what it says to a reader who lacks something."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import NOTEBOOK, ROOT, execute

pytestmark = pytest.mark.timeout(300)

CONTENT: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def test_it_is_committed_without_what_a_run_leaves() -> None:
    assert CONTENT["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in CONTENT["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), cell["id"]


def test_cells_have_names_that_stay() -> None:
    names = [cell["id"] for cell in CONTENT["cells"]]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_it_is_set_for_the_smallest_model() -> None:
    choose = next(cell for cell in CONTENT["cells"] if cell["id"] == "choose")

    assert "".join(choose["source"]) == 'CONFIG = "dev"\nBASE_MODEL = "falcon-7b"'


def test_without_credentials_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    executed = execute(tmp_path, {}, emulated=False)

    assert list(executed.errors) == ["account"]
    (shown,) = executed.errors["account"]
    assert shown.startswith("Stopped: AWS credentials are missing or invalid: Unable to locate credentials")
    assert shown.endswith("or run `make notebook`, which needs no account.")


NO_KEY = """\
region: us-east-1
models: [{name: falcon-7b-instruct}]
api: {auth: iam, iam: {principals: ["arn:aws:iam::123456789012:root"]}}
"""
NO_CHAT = """\
region: us-east-1
models: [{name: falcon-7b}]
"""


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (None, "config file not found. Did you mean dev?"),
        (NO_KEY, "uses `auth: iam`, but this notebook needs `auth: api_key`. Try CONFIG = 'dev'."),
        (NO_CHAT, "has no chat model that is always running, which this notebook needs. Try CONFIG = 'dev'."),
    ],
)
def test_a_config_that_will_not_do_is_named_before_anything_is_deployed(
    tmp_path: Path, config: str | None, sentence: str
) -> None:
    name = "deb"
    if config is not None:
        file = tmp_path / "reader.yaml"
        file.write_text(config, encoding="utf-8")
        name = str(file)
    executed = execute(tmp_path, {'CONFIG = "dev"': f'CONFIG = "{name}"'}, emulated=False)

    assert list(executed.errors) == ["config"]
    (shown,) = executed.errors["config"]
    assert shown.startswith("Stopped: ")
    assert sentence in shown.replace(str(ROOT), "")


def test_a_command_that_fails_stops_the_notebook(tmp_path: Path) -> None:
    executed = execute(tmp_path, {'run("npx", "cdk", "bootstrap",': 'run("npx", "cdk", "bootstarp",'})

    assert list(executed.errors) == ["bootstrap"]
    (shown,) = executed.errors["bootstrap"]
    assert shown == "Stopped: npx cdk bootstarp failed with exit code 1; see its output above."
    assert executed.text("bootstrap").endswith("Did you mean bootstrap?\n")


DEPLOY_SOMETHING = """\
template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
boto3.client("cloudformation").create_stack(StackName="falconry-dev-models", TemplateBody=template)
"""


def test_a_deployment_that_is_there_already_is_not_touched(tmp_path: Path) -> None:
    first = 'EMULATED = "AWS_ENDPOINT_URL" in os.environ\n'
    executed = execute(tmp_path, {first: f"{first}{DEPLOY_SOMETHING}"})

    assert list(executed.errors) == ["vacant"]
    (shown,) = executed.errors["vacant"]
    assert shown.startswith("Stopped: dev is already deployed in this account (falconry-dev-models), and this notebook")
    assert executed.content["metadata"]["left"]["stacks"] == ["falconry-dev-models"]
