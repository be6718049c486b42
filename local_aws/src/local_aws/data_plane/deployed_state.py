"""What is deployed, read again and again: a change reaches the running parts within the polling interval.

A REST API's definition is read when the stage points to another deployment, as in AWS: a changed method without a new
deployment changes nothing. The stage's own settings, keys and usage plans, functions and endpoints take effect at once.
"""

import asyncio
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.data_plane.api_gateway.definition import RestApi, Stage, UnsupportedDefinitionError, load_rest_api
from local_aws.data_plane.api_gateway.gateway import Gateway, ServedStage
from local_aws.data_plane.api_gateway.usage_plans import load_key_ring
from local_aws.data_plane.lambda_service.service import LambdaService
from local_aws.data_plane.sagemaker_runtime.runtime import SageMakerRuntime
from local_aws.data_plane.settings import Settings

logger = logging.getLogger(__name__)


class DeployedState:
    """Reads the control plane and tells gateway, functions and endpoints what there is now."""

    def __init__(
        self, settings: Settings, clients: Any, gateway: Gateway, functions: LambdaService, endpoints: SageMakerRuntime
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._gateway = gateway
        self._functions = functions
        self._endpoints = endpoints
        self._api: RestApi | None = None
        self._account_id = ""
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.problem: str | None = "the control plane was not read yet"

    def start(self) -> None:
        self._task = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def refresh(self) -> None:
        """Reads everything once. A failure leaves what was there and is told in `problem`."""
        async with self._lock:
            problem = None
            try:
                if not self._account_id:
                    self._account_id = await asyncio.to_thread(self._read_account)
                    self._endpoints.account_id = self._account_id
                await self._endpoints.refresh()
                served = await asyncio.to_thread(self._read_api)
                await self._functions.refresh(served.api.functions() if served else set())
                self._gateway.serve(served)
            except (ClientError, BotoCoreError, UnsupportedDefinitionError) as error:
                problem = str(error)
            except Exception as error:  # the polling must go on, whatever a control plane answers
                logger.exception("the deployed state could not be read")
                problem = repr(error)
            if problem is not None and problem != self.problem:
                logger.error("the deployed state could not be read: %s", problem)
            self.problem = problem

    async def _poll(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(self._settings.poll_seconds)

    def _read_account(self) -> str:
        account: str = self._clients.sts.get_caller_identity()["Account"]
        return account

    def _read_api(self) -> ServedStage | None:
        client = self._clients.apigateway
        api = self._choose(client.get_rest_apis(limit=500)["items"])
        stages = client.get_stages(restApiId=api["id"])["item"] if api is not None else []
        if api is None or not stages:
            return None
        if len(stages) > 1:
            names = ", ".join(sorted(stage["stageName"] for stage in stages))
            raise UnsupportedDefinitionError(
                f"REST API {api['name']!r} has more than one stage ({names}); an API with one stage can be served"
            )
        stage = Stage.from_api(stages[0])
        known = self._api
        if known is None or (known.id, known.deployment_id) != (api["id"], stage.deployment_id):
            known = self._api = load_rest_api(client, api, stage, self._account_id, self._settings.region)
        return ServedStage(known, stage, load_key_ring(client))

    def _choose(self, apis: list[dict[str, Any]]) -> dict[str, Any] | None:
        wanted_id, wanted_name = self._settings.api_id, self._settings.api_name
        matching = [api for api in apis if wanted_id in (None, api["id"]) and wanted_name in (None, api["name"])]
        if len(matching) > 1:
            names = ", ".join(sorted(f"{api['name']} ({api['id']})" for api in matching))
            raise UnsupportedDefinitionError(
                f"more than one REST API matches: {names}. Choose one with --api-name or --api-id"
            )
        return matching[0] if matching else None
