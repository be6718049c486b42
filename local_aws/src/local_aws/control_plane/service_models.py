"""AWS's service models and endpoints, as botocore brings them: each file is read once in this process."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import _JSON_OPEN_METHODS, JSONFileLoader


def keep() -> None:
    """Let all that load them share them. Call it before moto is imported, which loads some.

    moto's services and the adapters' clients have loaders of their own, and botocore reads into ordered dictionaries,
    which takes three times as long: together a third of a control plane's start and first deployment.
    """
    JSONFileLoader.load_file = lambda _, file_path: _content(file_path)


@cache
def _content(file_path: str) -> Any:
    for extension, open_file in _JSON_OPEN_METHODS.items():
        if (file := Path(file_path + extension)).is_file():
            with open_file(file, "rb") as opened:
                return json.load(opened)
    return None
