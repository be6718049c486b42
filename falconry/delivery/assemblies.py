"""`python -m falconry.delivery.assemblies --output DIR`: bundle every config of the checkout as `DIR/<name>.tar`.

Needs no AWS account and no network, so it runs for anybody's pull request. A config that cannot be synthesized leaves
`DIR/<name>.failed`, which says why; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from falconry.delivery.bundle import pack
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project


def assemble(project: Project, output: Path) -> int:
    """Write the bundle of each config, or why there is none; how many failed."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    failures = 0
    for config in project.configs:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            context = ["--context", f"config={config}"]
            try:
                project.cdk("synth", "--quiet", *context, "--output", str(folder / "cdk.out"))
            except DeliveryError as error:
                (output / f"{config.stem}.failed").write_text(f"{error}\n", encoding="utf-8")
                failures += 1
                continue
            shutil.copy(config, folder)
            (folder / "commit").write_text(f"{project.commit}\n", encoding="utf-8")
            pack(folder, output / f"{config.stem}.tar")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.assemblies", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="the folder to write to; emptied first")
    options = parser.parse_args()
    failures = assemble(Project(), options.output.resolve())
    print("\n".join(sorted(path.name for path in options.output.iterdir())))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
