"""What the embedded model is trained on beside its own dialogues: the catalog's samples, the front's chat templates."""

from __future__ import annotations

import sys

from local_aws.extensions import ROOT

sys.path.append(str(ROOT / "lambda_src"))  # the front is deployed alone, so it is not importable from the root

from chat.prompt.templates import SPECIAL_STRINGS, TEMPLATES, ChatTemplate, Message

__all__ = ["SAMPLES_FILE", "SPECIAL_STRINGS", "TEMPLATES", "ChatTemplate", "Message"]

SAMPLES_FILE = ROOT / "falconry" / "catalog" / "data" / "samples.json"
