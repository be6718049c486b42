"""`python -m falconry.delivery.prepare --config NAME --assembly FILE --output FILE`: change sets, to be read first.

Nothing is changed. The run's page shows what would be; FILE tells `python -m falconry.delivery.deploy --prepared FILE`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from falconry.delivery.bundle import Bundle
from falconry.delivery.change_sets import changes_page, prepare, save_states
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project
from falconry.delivery.summary import report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.prepare", description=__doc__)
    parser.add_argument("--config", required=True, help="a name in config/")
    parser.add_argument("--assembly", type=Path, required=True, help="what delivery.assemblies wrote for it")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    try:
        states, changes = prepare(Bundle.open(options.config, options.assembly), Project())
    except DeliveryError as error:
        report(f"No change set: {error}")
        return 1
    save_states(options.output, states)
    report(changes_page(states, changes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
