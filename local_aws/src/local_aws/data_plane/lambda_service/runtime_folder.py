"""The folder that stands for /var/runtime: the bootstrap, and the libraries that Lambda's Python runtime brings along.

A function sees boto3 and its dependencies, as on AWS, but no other package of the machine's Python environment. So an
import that would fail on AWS fails here too.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

# The Python runtime's own packages ("Building Lambda functions with Python"), and the runtime client with what it
# needs.
_PACKAGES = (
    *("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
)


def make_runtime_folder(directory: Path) -> Path:
    """Makes (or renews) the folder and returns it. Raises RuntimeError naming a package that is not installed."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("bootstrap.py"), directory / "bootstrap.py")
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(
                f"the Python package {name!r} is not installed; install the project's requirements-dev.txt"
            )
        origin = Path(spec.origin)
        source = origin.parent if spec.submodule_search_locations else origin
        (directory / source.name).symlink_to(source)
    return directory


def interpreter() -> str:
    """The Python that functions run on: this one's base, which does not see a virtual environment's packages."""
    return getattr(sys, "_base_executable", None) or sys.executable
