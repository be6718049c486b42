"""`python -m falconry.delivery.comment --body FILE --pull-request NUMBER`: the review as one comment, kept up to date.

The comment is known by its first line, which does not show, and by being a bot's: a person's comment that quotes it is
left alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from falconry.delivery.errors import DeliveryError
from falconry.delivery.github import Github

MARKER = "<!-- falconry-review -->"
"""The first line of what `falconry review` writes."""


def publish(github: Github, pull_request: int, review: str) -> str:
    """Write the comment, or update it; its address. Raises DeliveryError if it is no review."""
    if not review.startswith(MARKER):
        raise DeliveryError(f"This is no review: it does not begin with {MARKER}. `falconry review` writes one.")
    body = {"body": review}
    for comment in github.pages(f"/issues/{pull_request}/comments"):
        if comment["user"]["type"] == "Bot" and comment["body"].startswith(MARKER):
            return str(github.patch(f"/issues/comments/{comment['id']}", body)["html_url"])
    return str(github.post(f"/issues/{pull_request}/comments", body)["html_url"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.comment", description=__doc__)
    parser.add_argument("--body", type=Path, required=True, help="the review, Markdown")
    parser.add_argument("--pull-request", type=int, required=True, help="its number")
    options = parser.parse_args()
    try:
        print(publish(Github(), options.pull_request, options.body.read_text(encoding="utf-8")))
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
