"""The deployment of the end-to-end tests, for clients that live in a venv of their own; left out by `make test`."""

from __future__ import annotations

import os
from importlib.util import find_spec

from tests.end_to_end.conftest import api

__all__ = ["api"]

# LiteLLM would fetch its table of prices when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

collect_ignore_glob = [] if find_spec("litellm") else ["test_*.py"]
