"""`python -m local_aws.model_server --port N --model-dir D`."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

import uvicorn

from local_aws.model_server.app import make_app
from local_aws.model_server.engine import Engine
from local_aws.model_server.inference import Inference
from local_aws.model_server.model_folder import ModelFolder
from local_aws.model_server.settings import Settings, SettingsError

TINY_FALCON = Path(__file__).parent / "tiny_falcon"
SHUTDOWN_SECONDS = 2


def main() -> int:
    """Serves until SIGTERM or SIGINT. 1 if the model or the environment cannot be served."""
    arguments = _arguments()
    try:
        folder = ModelFolder.open(arguments.model_dir)
        settings = Settings.from_environment(os.environ, folder.positions)
        inter_threads = arguments.inter_threads or (1 if folder.is_large else 4)
        try:
            engine = Engine(
                folder,
                inter_threads=inter_threads,
                intra_threads=arguments.intra_threads or (0 if folder.is_large else 1),
                native_sampling=folder.is_large if arguments.native_sampling is None else arguments.native_sampling,
            )
        except (RuntimeError, ValueError) as error:
            raise SettingsError(f"{folder.path}: CTranslate2 cannot load the model: {error}") from error
        try:
            listening = _listen(arguments.host, arguments.port)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}. Choose a free port with --port."
            ) from error
    except SettingsError as error:
        print(f"model server: {error}", file=sys.stderr)
        return 1
    with listening:
        inference = Inference(engine, settings, parallel=inter_threads)
        config = uvicorn.Config(
            make_app(inference, settings), log_level="warning", timeout_graceful_shutdown=SHUTDOWN_SECONDS, ws="none"
        )
        port = listening.getsockname()[1]
        print(f"model server: TGI {settings.version.name} on http://{arguments.host}:{port}", flush=True)
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 0 to 65535")
    return int(text)


def _threads(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number of at least 1")
    return int(text)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Its protocol is named, since asyncio sends small packets at once only if it is."""
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)[0]
    listening = socket.socket(address[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address[4])
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws.model_server",
        description="Serves a Falcon model that was converted for CTranslate2 with the HTTP contract of TGI. "
        "Limits come from the environment: MAX_INPUT_LENGTH, MAX_TOTAL_TOKENS, MAX_STOP_SEQUENCES, MAX_BEST_OF, "
        "MAX_TOP_N_TOKENS, MAX_CONCURRENT_REQUESTS, TGI_VERSION.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8080, help="0 takes a free one, which is printed")
    parser.add_argument("--model-dir", type=Path, default=TINY_FALCON, help="default: the tiny Falcon of this folder")
    parser.add_argument("--inter-threads", type=_threads, help="generations at a time; default: 4, a large model 1")
    parser.add_argument("--intra-threads", type=_threads, help="cores for each; default: 1, a large model all")
    parser.add_argument(
        "--native-sampling",
        action=argparse.BooleanOptionalAction,
        help="let CTranslate2 draw tokens where it can: faster, but only given seeds are reproducible; default: for a "
        "large model",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
