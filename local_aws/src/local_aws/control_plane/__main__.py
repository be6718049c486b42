"""`python -m local_aws.control_plane --port N [--host 127.0.0.1]`: serves the emulated AWS until it is terminated.

Prints one line `listening on http://HOST:PORT` when it accepts connections.
"""

import argparse
import logging
import signal
import threading
from types import FrameType

from .server import build


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local_aws.control_plane", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="TCP port; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--log-level", default="WARNING", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    arguments = parser.parse_args()
    logging.basicConfig(level=arguments.log_level, format="%(levelname)s %(name)s: %(message)s")
    # werkzeug logs every request at INFO whatever the root logger's level, unless its own is set.
    logging.getLogger("werkzeug").setLevel(arguments.log_level)
    server = build(arguments.host, arguments.port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the serving loop, which runs in this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"listening on http://{arguments.host}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
