"""The data plane as a whole: its ports, its parts, and its orderly end."""

import asyncio
import json
import logging
import os

from local_aws.data_plane.api_gateway.callers import Callers
from local_aws.data_plane.api_gateway.gateway import Gateway
from local_aws.data_plane.api_gateway.gateway import describe as describe_api
from local_aws.data_plane.aws_clients import AwsClients
from local_aws.data_plane.deployed_state import DeployedState
from local_aws.data_plane.http_messages import Request, Response
from local_aws.data_plane.http_server import HttpServer
from local_aws.data_plane.lambda_service.invoke_api import InvokeApi
from local_aws.data_plane.lambda_service.service import LambdaService
from local_aws.data_plane.log_file import LogGroupWriter
from local_aws.data_plane.management import Management
from local_aws.data_plane.metrics import MetricWriter
from local_aws.data_plane.sagemaker_runtime.runtime import SageMakerRuntime
from local_aws.data_plane.settings import Settings
from local_aws.guardian import Guardian

logger = logging.getLogger(__name__)


class DataPlane:
    """Three ports on 127.0.0.1: the deployed API; SageMaker runtime and Lambda's Invoke; management."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        clients = AwsClients(settings.aws_endpoint_url, settings.region)
        self._guardian = Guardian()
        self._log_groups = LogGroupWriter(clients.logs)
        self._metrics = MetricWriter(clients.cloudwatch)
        self._functions = LambdaService(settings, clients, self._guardian, self._log_groups, self._metrics)
        self._endpoints = SageMakerRuntime(settings, clients, self._guardian, self._log_groups, self._metrics)
        callers = Callers(clients.identity_of)
        self._gateway = Gateway(self._functions, callers, settings.limits, self._log_groups, self._metrics)
        self._state = DeployedState(settings, clients, self._gateway, self._functions, self._endpoints)
        self._invoke_api = InvokeApi(self._functions, settings.limits.lambda_request_bytes)
        self._api_server = HttpServer(self._gateway.handle)
        self._services_server = HttpServer(self._handle_service)
        self._management_server = HttpServer(Management(self.health, self._state.refresh).handle)

    @property
    def api_port(self) -> int:
        return self._api_server.port

    @property
    def services_port(self) -> int:
        return self._services_server.port

    @property
    def management_port(self) -> int:
        return self._management_server.port

    async def start(self) -> None:
        """Opens the ports and begins to read the deployed state. Raises PortInUseError."""
        await _listen(self._api_server, self._settings.port)
        await _listen(self._services_server, self._settings.services_port)
        await _listen(self._management_server, self._settings.management_port)
        self._guardian.start()
        self._functions.sagemaker_runtime_url = f"http://127.0.0.1:{self.services_port}"
        self._functions.start()
        self._log_groups.start()
        self._metrics.start()
        self._state.start()
        addresses = {
            "pid": os.getpid(),
            "api_url": f"http://127.0.0.1:{self.api_port}",
            "services_url": f"http://127.0.0.1:{self.services_port}",
            "management_url": f"http://127.0.0.1:{self.management_port}",
        }
        (self._settings.state_dir / "data_plane.json").write_text(
            json.dumps(addresses, indent=2) + "\n", encoding="utf-8"
        )
        logger.info("API on %(api_url)s, services on %(services_url)s, management on %(management_url)s", addresses)

    async def stop(self) -> None:
        """Closes the ports and ends every child; takes less than 5 s."""
        await self._state.stop()
        for server in (self._api_server, self._services_server, self._management_server):
            await server.stop()
        await asyncio.gather(self._functions.stop(), self._endpoints.stop())
        await asyncio.gather(self._log_groups.stop(), self._metrics.stop())
        self._guardian.stop()

    def health(self) -> dict[str, object]:
        """What runs. `ready`: an API is served, its functions have started, the endpoints' containers answer."""
        apis = describe_api(self._gateway.served)
        functions = self._functions.describe()
        endpoints = self._endpoints.describe()
        ready = (
            self._state.problem is None
            and bool(apis)
            and all(function["state"] == "ready" for function in functions.values())
            and all(endpoint["container"] == "ready" for endpoint in endpoints.values())
        )
        return {
            "ready": ready,
            "problem": self._state.problem,
            "apis": apis,
            "functions": functions,
            "endpoints": endpoints,
        }

    async def _handle_service(self, request: Request, response: Response) -> None:
        function = self._invoke_api.function_of(request)
        if function is not None:
            await self._invoke_api.handle(function, request, response)
        else:
            await self._endpoints.handle(request, response)


class PortInUseError(Exception):
    """A port that was asked for is taken by another process."""


async def _listen(server: HttpServer, port: int) -> None:
    try:
        await server.start(port)
    except OSError as error:
        raise PortInUseError(
            f"port {port} on 127.0.0.1 cannot be used: {os.strerror(error.errno or 0)}. Choose another one."
        ) from error
