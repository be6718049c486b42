"""Deploy a config into an AWS emulated on this machine and serve its API; `make local` calls it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_aws.cdk import forget_aws
from local_aws.extensions import CONFIG_HELP, DEFAULT_CONFIG, ROOT, deployment
from local_aws.launcher import Launcher, LaunchError, Options
from local_aws.project import ProjectError


def main(arguments: list[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM. Returns the exit code: 0 then, 1 after an error that was said in a sentence."""
    config, options = _options(arguments)
    forget_aws()
    try:
        Launcher(options, deployment(config)).run()
    except (LaunchError, ProjectError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str] | None) -> tuple[str, Options]:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument("--config", default=DEFAULT_CONFIG, help=CONFIG_HELP)
    parser.add_argument("--port", type=_port, default=8080, help="port of the API on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--model-dir", type=Path, help="folder with a Falcon converted for CTranslate2, served in place of the tiny one"
    )
    parser.add_argument("--model-server-url", help="URL of a running text-generation-inference server to use instead")
    parser.add_argument("--state-dir", type=Path, default=ROOT / ".local", help="where api.json and the logs go")
    values = parser.parse_args(arguments)
    if values.model_dir and values.model_server_url:
        parser.error("--model-dir and --model-server-url exclude each other: give one")
    return values.config, Options(values.port, values.model_dir, values.model_server_url, values.state_dir)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port. Give a number from 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
