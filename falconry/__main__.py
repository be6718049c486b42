"""`python -m falconry`, the same as `.venv/bin/falconry`."""

from __future__ import annotations

import sys

from falconry.app import main

if __name__ == "__main__":
    sys.exit(main())
