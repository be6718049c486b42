"""A config file of Falconry's as a deployment into the emulated AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from falconry import settings
from local_aws.extensions.banner import banner
from local_aws.extensions.description import describe_api
from local_aws.extensions.weights import publish_weights
from local_aws.project import ProjectError


class FalconryDeployment:
    """See `local_aws.project.Deployment`. Raises ProjectError if the config cannot be used."""

    def __init__(self, config: str) -> None:
        self._config = config
        try:
            # The emulated deployment fetches no weights, so it asks for no acknowledgment of their license.
            loaded = settings.load(settings.config_path(config), licenses_needed=False)
            self._settings = settings.emulated(loaded)
        except settings.SettingsError as error:
            raise ProjectError(str(error)) from None

    @property
    def title(self) -> str:
        return f"config/{self._settings.name}.yaml"

    @property
    def region(self) -> str:
        return self._settings.region

    @property
    def account(self) -> str | None:
        return self._settings.account

    @property
    def api_name(self) -> str:
        return self._settings.names.api

    @property
    def synth_arguments(self) -> Sequence[str]:
        return ["--context", f"config={self._config}", "--context", "emulated=true"]

    def publish(self, aws_url: str) -> None:
        publish_weights(self._settings, aws_url)

    def describe_api(self, url: str, aws_url: str) -> Mapping[str, Any]:
        config = str(settings.config_path(self._config).resolve())
        return {**describe_api(self._settings, url, aws_url), "config": config}

    def banner(self, api: Mapping[str, Any], logs: Path, seconds: float) -> str:
        return banner(api, logs, seconds)
