"""Lambda as its callers see it: functions by name, invoked one environment at a time."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.data_plane.api_gateway.definition import FunctionTarget
from local_aws.data_plane.lambda_service.environment import EnvironmentPlan
from local_aws.data_plane.lambda_service.function import CodeUnavailableError, Function, load_function, unpack_code
from local_aws.data_plane.lambda_service.function_pool import FunctionPool
from local_aws.data_plane.lambda_service.invocation import Invocation, InvocationRefusedError, ResponseStream
from local_aws.data_plane.lambda_service.runtime_folder import interpreter, make_runtime_folder
from local_aws.data_plane.log_file import LogFile, LogGroupWriter
from local_aws.data_plane.metrics import MetricWriter
from local_aws.data_plane.settings import Settings
from local_aws.guardian import Guardian

logger = logging.getLogger(__name__)

_TASK_ROOT = "/var/task"


class LambdaService:
    """Keeps a pool of environments for each function that was asked for, and renews it when the function changes."""

    def __init__(
        self, settings: Settings, clients: Any, guardian: Guardian, log_groups: LogGroupWriter, metrics: MetricWriter
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._guardian = guardian
        self._log_groups = log_groups
        self._metrics = metrics
        self._runtime_folder = settings.state_dir / "runtime"
        self._functions: dict[FunctionTarget, Function] = {}
        self._pools: dict[FunctionTarget, FunctionPool] = {}
        self._failures: dict[FunctionTarget, str] = {}
        self._retired: list[FunctionPool] = []
        self._retiring: set[asyncio.Task[None]] = set()
        self._refreshing = asyncio.Lock()
        self._files: dict[str, LogFile] = {}
        self.sagemaker_runtime_url = ""

    def start(self) -> None:
        make_runtime_folder(self._runtime_folder)

    def describe(self) -> dict[str, dict[str, object]]:
        """State, reason and environments of each function, for the health report."""
        failed: dict[str, dict[str, object]] = {
            str(target): {"state": "failed", "reason": reason, "environments": []}
            for target, reason in self._failures.items()
        }
        return failed | {str(target): pool.describe() for target, pool in self._pools.items()}

    async def refresh(self, wanted: set[FunctionTarget]) -> None:
        """Reads the wanted functions and those called before; starts new environments where something changed."""
        async with self._refreshing:
            await self._refresh(wanted)

    async def _refresh(self, wanted: set[FunctionTarget]) -> None:
        for target in wanted | set(self._pools) | set(self._failures):
            try:
                function = await asyncio.to_thread(load_function, self._clients.lambda_, target)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                self._drop(target)
                if target in wanted:
                    self._failures[target] = f"function {target} does not exist"
                continue
            if self._functions.get(target) != function:
                await self._renew(target, function)

    async def invoke(self, target: FunctionTarget, payload: bytes, **details: str | None) -> ResponseStream:
        """Starts an invocation. Raises InvocationRefusedError; what the function does comes through the stream.

        `details`: `trace_id`, `client_context`. A caller that stops waiting leaves the invocation running, as in AWS.
        """
        task = asyncio.create_task(self._invoke(target, payload, details))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_abandon)
            raise

    async def _invoke(self, target: FunctionTarget, payload: bytes, details: dict[str, str | None]) -> ResponseStream:
        if len(payload) > self._settings.limits.lambda_request_bytes:
            limit = self._settings.limits.lambda_request_bytes
            size = f"{len(payload)} byte payload is too large"
            message = f"{size} for the RequestResponse invocation type (limit {limit} bytes)"
            raise InvocationRefusedError("RequestTooLargeException", message)
        pool = self._pools.get(target)
        if pool is None and target not in self._failures:
            await self.refresh({target})
            pool = self._pools.get(target)
        if pool is None:
            raise InvocationRefusedError(
                "ResourceNotFoundException", self._failures.get(target, f"Function not found: {target}")
            )
        function = pool.plan.function
        invocation = Invocation(
            payload, function.invoked_arn, function.timeout_seconds, client_context=details.get("client_context")
        )
        if details.get("trace_id"):
            invocation.trace_id = str(details["trace_id"])
        await pool.invoke(invocation)
        return invocation.response

    async def call(self, target: FunctionTarget, payload: bytes) -> bytes:
        """Invokes and gives the whole answer. Raises InvocationRefusedError or FunctionError."""
        stream = await self.invoke(target, payload)
        try:
            return await stream.read()
        finally:
            stream.abandon()

    async def stop(self) -> None:
        pools = [pool.stop() for pool in (*self._pools.values(), *self._retired)]
        await asyncio.gather(*pools, *self._retiring, return_exceptions=True)
        for file in self._files.values():
            file.close()

    # -- renewal -----------------------------------------------------------------------------------
    def _drop(self, target: FunctionTarget) -> None:
        self._functions.pop(target, None)
        self._failures.pop(target, None)
        pool = self._pools.pop(target, None)
        if pool is not None:
            # Its busy environments go on to the end of what they do; until then the pool is not forgotten.
            self._retired = [retired for retired in self._retired if not retired.empty] + [pool]
            task = asyncio.create_task(pool.close())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def _renew(self, target: FunctionTarget, function: Function) -> None:
        try:
            plan = await asyncio.to_thread(self._plan, function)
        except (CodeUnavailableError, BotoCoreError, ClientError, OSError) as error:
            logger.error("%s", error)
            self._drop(target)
            self._functions[target], self._failures[target] = function, str(error)
            return
        self._drop(target)
        limits = function.reserved_concurrency, self._settings.max_concurrency
        pool = FunctionPool(plan, *limits, self._guardian, self._line_sink(function))
        self._functions[target], self._pools[target] = function, pool
        pool.warm()

    def _line_sink(self, function: Function) -> Any:
        file = self._files.get(function.name)
        if file is None:
            file = self._files[function.name] = LogFile(
                self._settings.state_dir / "logs" / "lambda" / f"{function.name}.log"
            )
        stream = self._log_groups.new_stream_name(function.version)

        def write(line: str) -> None:
            file.write(line)
            self._log_groups.write(function.log_group, stream, line)
            self._metrics.read_line(line)

        return write

    def _plan(self, function: Function) -> EnvironmentPlan:
        folder = unpack_code(self._clients.s3, function, self._settings.state_dir / "lambda")
        variables = self._variables(function, folder)
        command = [interpreter(), str(self._runtime_folder / "bootstrap.py")]
        wrapper = variables.get("AWS_LAMBDA_EXEC_WRAPPER")
        if wrapper is not None:
            command.insert(0, wrapper)
        return EnvironmentPlan(
            function=function,
            command=tuple(command),
            task_folder=folder,
            variables=variables,
            # Lambda gives a failed or slow init a second try under the function's own timeout.
            init_seconds=max(self._settings.limits.lambda_init_seconds, function.timeout_seconds),
            max_response_bytes=self._settings.limits.lambda_response_bytes,
        )

    def _variables(self, function: Function, folder: Path) -> dict[str, str]:
        """The function's own variables, and over them what Lambda sets ("Defined runtime environment variables")."""
        own = {name: _local_path(value, folder) for name, value in function.environment}
        region = self._settings.region
        return own | {
            "_HANDLER": function.handler,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log_groups.new_stream_name(function.version),
            **self._credentials(function.role),
            "LAMBDA_TASK_ROOT": str(folder),
            "LAMBDA_RUNTIME_DIR": str(self._runtime_folder),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(self._runtime_folder),
            # The rest exists only here: where the emulated AWS is, and what keeps the machine's own settings out.
            "PYTHONNOUSERSITE": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self._settings.aws_endpoint_url,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.sagemaker_runtime_url,
        }

    def _credentials(self, role: str) -> dict[str, str]:
        """Temporary credentials of the function's role, as Lambda gets them."""
        credentials = self._clients.sts.assume_role(RoleArn=role, RoleSessionName="lambda")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }


def _abandon(task: asyncio.Task[ResponseStream]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().abandon()


def _local_path(value: str, folder: Path) -> str:
    """There is no /var/task on this machine: a path below it is turned into one below the unpacked code."""
    if value == _TASK_ROOT or value.startswith(f"{_TASK_ROOT}/"):
        return str(folder) + value.removeprefix(_TASK_ROOT)
    return value
