"""Runs notebooks/falcon.ipynb; left out by `make test`, whose environment has no Jupyter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "falcon.ipynb"

collect_ignore_glob = [] if find_spec("nbclient") else ["test_*.py"]


@dataclass(frozen=True)
class Executed:
    """A notebook that was run, and the folder in which its emulated AWS kept its files."""

    content: Mapping[str, Any]
    folder: Path

    @property
    def cells(self) -> dict[str, Any]:
        """Those with code, by their ids."""
        return {cell["id"]: cell for cell in self.content["cells"] if cell["cell_type"] == "code"}

    @property
    def errors(self) -> dict[str, list[str]]:
        """What is shown of each error, by the id of its cell."""
        return {
            name: output["traceback"]
            for name, cell in self.cells.items()
            for output in cell["outputs"]
            if output["output_type"] == "error"
        }

    def text(self, cell_id: str) -> str:
        """What a cell printed to standard output and error."""
        streams = [one for one in self.cells[cell_id]["outputs"] if one["output_type"] == "stream"]
        return "".join("".join(one["text"]) for one in streams)

    def rows(self, cell_id: str) -> list[dict[str, str]]:
        """The table that a cell shows."""
        (html,) = ["".join(data["text/html"]) for data in self._data(cell_id) if "text/html" in data]
        heads = re.findall(r"<th [^>]*>(.*?)</th>", html, re.DOTALL)
        texts = [unescape(text) for text in re.findall(r"<td [^>]*>(.*?)</td>", html, re.DOTALL)]
        return [dict(zip(heads, texts[at : at + len(heads)], strict=True)) for at in range(0, len(texts), len(heads))]

    def images(self, cell_id: str) -> list[str]:
        """The PNG images of a cell, in base64."""
        return [data["image/png"] for data in self._data(cell_id) if "image/png" in data]

    def _data(self, cell_id: str) -> list[dict[str, Any]]:
        return [one["data"] for one in self.cells[cell_id]["outputs"] if "data" in one]


def execute(folder: Path, changes: Mapping[str, str], *, emulated: bool = True) -> Executed:
    """Run the notebook with the given replacements in its text; without an emulated AWS there are no credentials."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    for old, new in changes.items():
        escaped = json.dumps(old)[1:-1]
        assert text.count(escaped) == 1, old
        text = text.replace(escaped, json.dumps(new)[1:-1])
    source, target, aws = folder / "source.ipynb", folder / "target.ipynb", folder / "aws"
    source.write_text(text, encoding="utf-8")
    aws.mkdir()
    nobody = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FALCONRY_"))}
    nobody |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(folder), "TMPDIR": str(aws), "PYTHONPATH": str(ROOT)}
    python = os.environ.get("FALCONRY_PYTHON", sys.executable)
    shell = [python, "-m", "local_aws.shell"] if emulated else []
    result = subprocess.run(
        [*shell, sys.executable, "-m", "tests.notebook.execute", str(source), str(target)],
        cwd=ROOT,
        env=nobody,
        capture_output=True,
        text=True,
        check=False,
    )
    assert target.exists(), result.stderr
    executed = Executed(json.loads(target.read_text(encoding="utf-8")), folder)
    assert (result.returncode == 0) == (not executed.errors), result.stderr
    return executed


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """The notebook as it is committed, in an emulated AWS."""
    return execute(tmp_path_factory.mktemp("notebook"), {})
