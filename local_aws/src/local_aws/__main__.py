"""Deploy a config into an AWS emulated on this machine and serve its API; `make local` calls it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from falconry import settings
from local_aws.cdk import forget_aws
from local_aws.launcher import Launcher, LaunchError, Options

ROOT = Path(__file__).resolve().parents[3]


def main(arguments: list[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM. Returns the exit code: 0 then, 1 after an error that was said in a sentence."""
    options = _options(arguments)
    forget_aws()
    try:
        deployment = settings.load(settings.config_path(options.config), licences_needed=False)
        Launcher(options, settings.emulated(deployment)).run()
    except (LaunchError, settings.SettingsError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument("--config", default="falcon-180b", help="name of a file in config/, or a path ending in .yaml")
    parser.add_argument("--port", type=_port, default=8080, help="port of the API on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--model-dir", type=Path, help="folder with a Falcon converted for CTranslate2, served in place of the tiny one"
    )
    parser.add_argument("--model-server-url", help="URL of a running text-generation-inference server to use instead")
    parser.add_argument("--state-dir", type=Path, default=ROOT / ".local", help="where api.json and the logs go")
    values = parser.parse_args(arguments)
    if values.model_dir and values.model_server_url:
        parser.error("--model-dir and --model-server-url exclude each other: give one")
    return Options(**vars(values))


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port. Give a number from 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
