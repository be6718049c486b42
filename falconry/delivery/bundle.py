"""A bundle, which jobs hand to each other: a cloud assembly, the config that it comes from, and the commit.

    cdk.out/        the cloud assembly
    <name>.yaml     the config: what `falconry smoke` has to know belongs to these stacks, not to newer ones
    commit          the commit's id

All in one file, `<name>.tar`: GitHub's artifacts forget which files are executable, and Lambda starts one of these.
"""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from falconry.assembly.cloud_assembly import CloudAssembly, read
from falconry.delivery.errors import DeliveryError
from falconry.errors import CommandError
from falconry.names import DELIVERY_STACK

EXECUTABLE = 0o100


@dataclass(frozen=True)
class Bundle:
    """The bundle of the deployment `name`, unpacked in `folder`."""

    name: str
    folder: Path

    @classmethod
    def open(cls, name: str, file: Path) -> Bundle:
        """Unpack `file` beside itself. Raises DeliveryError if it is not there or not of this form."""
        folder = file.resolve().with_suffix(".unpacked")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            unpack(file, folder)
        except (OSError, tarfile.TarError) as error:
            raise DeliveryError(
                f"{file} is not an assembly: {error}. `python -m falconry.delivery.assemblies` makes one."
            ) from None
        found = cls(name, folder)
        for part in (found.cdk_out / "manifest.json", found.config, found.folder / "commit"):
            if not part.is_file():
                raise DeliveryError(f"{file} is not the assembly of {name}: {part.name} is missing.")
        return found

    @property
    def cdk_out(self) -> Path:
        return self.folder / "cdk.out"

    @property
    def config(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    @property
    def commit(self) -> str:
        return (self.folder / "commit").read_text(encoding="utf-8").strip()

    @cached_property
    def assembly(self) -> CloudAssembly:
        """The cloud assembly, read. Raises DeliveryError if it is not one."""
        try:
            return read(self.cdk_out)
        except CommandError as error:
            raise DeliveryError(str(error)) from None

    @property
    def stacks(self) -> list[str]:
        """The stacks that a workflow deploys, each after those that it depends on."""
        names = [name for name in self.assembly.stacks if not name.endswith(f"-{DELIVERY_STACK}")]
        ordered: list[str] = []
        while len(ordered) < len(names):
            ordered += [
                name for name in names if name not in ordered and all(one in ordered for one in self.needs(name))
            ]
        return ordered

    def needs(self, stack: str) -> tuple[str, ...]:
        """The stacks that `stack` depends on."""
        return self.assembly.stacks[stack].dependencies

    def role(self, kind: str) -> str:
        """The ARN of the bootstrap role "deploy" or "lookup", with placeholders for partition and account."""
        return self.assembly.stacks[self.stacks[0]].roles[kind]

    @property
    def region(self) -> str:
        return self.assembly.stacks[self.stacks[0]].region


def pack(folder: Path, file: Path) -> None:
    """All files below `folder` in one, the same bytes for the same files."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size = path.stat().st_size
            member.mode = 0o755 if path.stat().st_mode & EXECUTABLE else 0o644
            with path.open("rb") as content:
                archive.addfile(member, content)


def unpack(file: Path, folder: Path) -> None:
    """Only plain files, and only below `folder`: a pull request's own code may have written the archive.

    Raises:
        tarfile.TarError: it holds something else.
    """
    with tarfile.open(file) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or path.is_absolute() or ".." in path.parts:
                raise tarfile.TarError(f"{member.name!r} is not a plain file below the folder")
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as output:
                shutil.copyfileobj(content, output)
            target.chmod(0o755 if member.mode & EXECUTABLE else 0o644)
