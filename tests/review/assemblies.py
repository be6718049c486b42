"""Makes the assemblies of the pull requests, each config once."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from falconry import settings
from tests.infrastructure.matrix import synthesize

from .pull_requests import NAME, PULL_REQUESTS, PullRequest, Templates


class Assemblies:
    """Assemblies below `folder`; the second ask for a config is answered with the first one's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], Path] = {}

    def pair(self, name: str) -> tuple[Path, Path]:
        """Two folders as `falconry review` takes them, with an assembly, or a failure, in each."""
        request = PULL_REQUESTS[name]
        base, head = self._folder / f"{name}.base", self._folder / f"{name}.head"
        if not base.exists():
            base.mkdir(parents=True)
            head.mkdir()
            (base / f"{NAME}.out").symlink_to(self._synthesized(NAME, request.base))
            self._make_head(request, head)
        return base, head

    def _make_head(self, request: PullRequest, head: Path) -> None:
        try:
            made = self._synthesized(request.name, request.head)
        except settings.SettingsError as error:
            # A reviewer sees the path in the repository.
            said = re.sub(r"\S*/(?=\w+\.yaml)", "config/", str(error))
            (head / f"{request.name}.failed").write_text(said, encoding="utf-8")
            return
        # Where the config has another name, the first one's file is gone: the deployment is still the one to review.
        output = head / f"{NAME}.out"
        if request.edit is None:
            output.symlink_to(made)
            return
        shutil.copytree(made, output, ignore=shutil.ignore_patterns("asset.*"))
        files = {path.name.split(".")[0].rpartition("-")[2]: path for path in output.glob("*.template.json")}
        documents = {stack: json.loads(path.read_text(encoding="utf-8")) for stack, path in files.items()}
        templates: Templates = {stack: document["Resources"] for stack, document in documents.items()}
        request.edit(templates)
        for stack, path in files.items():
            path.write_text(json.dumps(documents[stack]), encoding="utf-8")

    def _synthesized(self, name: str, text: str) -> Path:
        if (name, text) not in self._known:
            folder = self._folder / f"config-{len(self._known)}"
            folder.mkdir(parents=True)
            self._known[name, text] = folder
            synthesize(name, text, folder)
        return self._known[name, text] / f"{name}.out"
