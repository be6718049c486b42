"""What README.md and docs/*.md tell people to type, typed: beside `make local` with the shipped config.

Each page has a shell of its own, in a folder that looks like a checkout, so that what a command writes stays there.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documentation.executed import PAGES, is_run
from tests.documentation.pages import ROOT, Block, blocks

from .local import running


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder like this one, with `make local` running in it on `port`."""

    folder: Path
    port: int

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run to the end in that folder, as a newcomer's shell would."""
        ours = ("FALCONRY_", "AWS_", "OPENAI_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{kept['PATH']}"
        variables = {**kept, "PATH": path, "FALCONRY_LOCAL_FILE": str(self.folder / ".local" / "api.json")}
        variables["CDK_VALIDATION"] = "false"  # the CDK's check of the templates, most of a synthesis
        return subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120, check=False
        )

    def here(self, text: str) -> str:
        """What a page says, for the port that is free here."""
        return text.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{self.port}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = tmp_path_factory.mktemp("checkout")
    for entry in ROOT.iterdir():
        if entry.name not in (".local", "cdk.out", ".git"):
            (folder / entry.name).symlink_to(entry)
    with running(folder / ".local", "--config", "falcon-180b") as local:
        api = local.wait_until_ready()
        yield Checkout(folder, int(re.findall(r":(\d+)/", api["base_url"])[0]))


def shell_blocks(page: str) -> list[Block]:
    """What a page shows that needs no AWS account."""
    return [block for block in blocks(ROOT / page) if not block.marked]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_in_the_order_in_which_they_stand(checkout: Checkout, page: str) -> None:
    commands = [command for block in shell_blocks(page) for command in block.commands if is_run(page, command)]
    script = checkout.here("\n".join(["set -e", *commands]))

    done = checkout.run("bash", "-c", script)

    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    assert '"error"' not in done.stdout


SNIPPETS = [block for page in PAGES for block in shell_blocks(page) if block.language == "python"]


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.page)
def test_so_do_its_python_snippets(checkout: Checkout, block: Block) -> None:
    key = checkout.run(".venv/bin/falconry", "keys", "show", "default", "--local").stdout.strip()

    done = checkout.run("env", f"KEY={key}", ".venv/bin/python", "-c", checkout.here(block.text))

    assert done.returncode == 0, done.stderr
    assert "whisk" in done.stdout
