"""Where the documentation's commands are run.

`tests/end_to_end/test_documented_commands.py` runs, page by page and in one shell each, what `is_run` says of the pages
in `PAGES`. What takes minutes, or is the whole test suite, is run by another test, which `ELSEWHERE` names.
"""

from __future__ import annotations

import re

PAGES = ("README.md", "docs/command.md", "docs/pull-requests.md", "docs/quick-start.md", "docs/troubleshooting.md")

_REVIEW = "tests/review/test_git_compare.py::test_the_working_folder_is_compared_with_a_branch"

ELSEWHERE = {
    "make local": "tests/end_to_end/test_local_running.py::test_both_snippets_that_it_prints_work_when_pasted",
    "make test": ".ci/run::make test",
    "make check": ".ci/run::make check",
    "make bench": "tests/contract/test_bench.py::test_boto3_and_the_front_are_measured_side_by_side",
    "make bench-streams": "tests/contract/test_bench_commands.py::test_streams_are_measured_and_none_is_lost",
    "make bench-synth": "tests/contract/test_bench_commands.py::test_a_synthesis_is_measured_against_an_empty_app",
    "make bench-page": "tests/contract/test_bench.py::test_the_page_shows_what_was_measured_and_keeps_its_words",
    "make pictures": ".ci/run::make docs",
    "make review": _REVIEW,
    "make review BASE=origin/main OUTPUT=review.md": _REVIEW,
}
"""By command: the file that runs it, and the test in it or the target that it makes. Of the measurements, which take
minutes and an idle machine, the tests run the same code with smaller amounts."""


def is_run(page: str, command: str) -> bool:
    """Whether `test_documented_commands.py` runs the command, if it needs no account."""
    bare = re.sub(r"\s+# .*$", "", command).strip()
    return page in PAGES and bare not in ELSEWHERE
