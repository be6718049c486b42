"""`python -m local_aws.data_plane`: runs what is deployed in the emulated AWS until SIGTERM or SIGINT."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path

from local_aws.data_plane.data_plane import DataPlane, PortInUseError
from local_aws.data_plane.settings import Settings


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws.data_plane", description=__doc__)
    parser.add_argument(
        "--port", type=int, required=True, help="port of the deployed API; its stage is served at the root path"
    )
    parser.add_argument(
        "--services-port",
        type=int,
        default=0,
        help="port of SageMaker runtime and Lambda's Invoke (default: a free one)",
    )
    parser.add_argument(
        "--management-port", type=int, default=0, help="port of /_local/health and /_local/reload (default: a free one)"
    )
    parser.add_argument("--aws-endpoint-url", required=True, help="the control plane")
    parser.add_argument("--region", required=True)
    api = parser.add_mutually_exclusive_group()
    api.add_argument("--api-name", help="the REST API to serve (default: the only one)")
    api.add_argument("--api-id", help="the same by id")
    model = parser.add_mutually_exclusive_group()
    model.add_argument(
        "--model-dir", type=Path, help="weights for `python -m local_aws.model_server`, one process per endpoint"
    )
    model.add_argument("--model-server-url", help="a running TGI server that answers for every endpoint")
    parser.add_argument(
        "--state-dir", type=Path, help="logs, unpacked code and addresses (default: a temporary folder)"
    )
    parser.add_argument(
        "--max-concurrency",
        type=int,
        default=16,
        help="environments of a function without reserved concurrency; what comes above it waits",
    )
    parser.add_argument("--part-size", type=int, help="cut SageMaker's streams into parts of this many bytes")
    parser.add_argument("--poll-seconds", type=float, default=1.0, help="how often the deployed state is read")
    options = parser.parse_args(arguments)
    if options.part_size is not None and options.part_size < 1:
        parser.error(f"--part-size {options.part_size}: at least 1 byte")
    if options.max_concurrency < 1:
        parser.error(f"--max-concurrency {options.max_concurrency}: at least 1")
    return options


async def serve(settings: Settings) -> None:
    """Runs until a signal. Raises PortInUseError."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    plane = DataPlane(settings)
    await plane.start()
    try:
        await stopping.wait()
    finally:
        await plane.stop()


def main() -> int:
    options = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="local-data-plane-") as temporary:
        state_dir = (options.state_dir or Path(temporary)).resolve()
        state_dir.mkdir(parents=True, exist_ok=True)
        values = {
            **vars(options),
            "state_dir": state_dir,
            "model_dir": options.model_dir and options.model_dir.resolve(),
        }
        try:
            asyncio.run(serve(Settings(**values)))
        except PortInUseError as error:
            print(f"data plane: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
