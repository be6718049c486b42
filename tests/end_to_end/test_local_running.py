"""`make local` while it runs: what it printed, what it refuses to others, what it takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .conftest import Api
from .local import ROOT, run


def test_both_snippets_that_it_prints_work_when_pasted(api: Api) -> None:
    output = api.local.output
    curl = re.search(r"(curl --no-buffer .*?)\n\n", output, re.DOTALL)
    python = re.search(r"(\.venv/bin/python - <<'PYTHON'.*?\nPYTHON)\n", output, re.DOTALL)
    assert curl
    assert python

    answers = [
        subprocess.run(
            ["sh", "-c", snippet[1]], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        for snippet in (curl, python)
    ]

    assert "data: [DONE]" in answers[0]
    assert answers[1].startswith("1. In a mixing bowl, whisk together 1 egg yolk")


def test_a_second_instance_and_a_port_in_use_are_refused(api: Api, tmp_path: Path) -> None:
    second = run("--state-dir", str(api.local.state_dir), "--port", "0")
    port = api.base_url.split(":")[2].split("/")[0]
    taken = run("--state-dir", str(tmp_path), "--port", port)

    assert second.returncode == 1
    assert f"runs already, as process {api.local.process.pid}" in second.stderr
    assert taken.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use. Choose another: make local PORT=" in taken.stderr


def test_everything_together_takes_less_than_2_gb(api: Api) -> None:
    assert api.local.memory() < 2e9
