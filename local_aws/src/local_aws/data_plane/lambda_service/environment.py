"""One execution environment: a child process, its Runtime API, and one invocation at a time."""

import asyncio
import base64
import binascii
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.data_plane.child_process import ChildProcess
from local_aws.data_plane.http_messages import BodyTooLargeError, ConnectionLostError, Request, Response
from local_aws.data_plane.http_server import HttpServer
from local_aws.data_plane.lambda_service.function import Function
from local_aws.data_plane.lambda_service.invocation import FunctionError, Invocation, ResponseStream
from local_aws.guardian import Guardian

logger = logging.getLogger(__name__)

_API = "/2018-06-01/runtime"
_ACCEPTED = b'{"status":"OK"}\n'
_JSON = [("Content-Type", "application/json")]
# Error details travel in headers and trailers (stack traces in base64, X-Ray causes up to 1 MB).
_MAX_HEADER_BYTES = 2 << 20


@dataclass(frozen=True)
class EnvironmentPlan:
    """How to start an environment of one function version."""

    function: Function
    command: tuple[str, ...]
    task_folder: Path
    variables: Mapping[str, str]
    init_seconds: float
    max_response_bytes: int


class InitError(Exception):
    """The environment did not come up; `error` is what an invocation gets."""

    def __init__(self, error: FunctionError) -> None:
        super().__init__(str(error))
        self.error = error


class Environment:
    """Starts a function's process and feeds it invocations through the Runtime API on a port of its own.

    `on_free` is called each time the process asks for its next invocation, `on_end` once when it is gone.
    """

    def __init__(
        self,
        plan: EnvironmentPlan,
        guardian: Guardian,
        on_line: Callable[[str], None],
        on_free: Callable[["Environment"], None],
        on_end: Callable[["Environment"], None],
    ) -> None:
        self._plan = plan
        self._guardian = guardian
        self._on_line = on_line
        self._on_free = on_free
        self._on_end = on_end
        self._server = HttpServer(self._handle, _MAX_HEADER_BYTES)
        self._process: ChildProcess | None = None
        self._next: asyncio.Future[Invocation] | None = None
        self._current: Invocation | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._init_error: FunctionError | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watch: asyncio.Task[None] | None = None
        self.answered = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        return self._current is not None

    async def start(self) -> None:
        """Returns when the process asks for its first invocation. Raises InitError."""
        await self._server.start()
        variables = {**self._plan.variables, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}"}
        try:
            self._process = await ChildProcess.start(
                self._plan.command, variables, self._plan.task_folder, self._guardian, self._on_line
            )
        except OSError as error:
            await self._server.stop()
            raise InitError(
                FunctionError("Runtime.InvalidEntrypoint", f"{self._plan.command[0]}: {error.strerror}")
            ) from error
        self._watch = asyncio.create_task(self._watch_exit(self._process))
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), self._plan.init_seconds)
        except TimeoutError:
            self._init_error = FunctionError(
                "Sandbox.Timedout", f"Error: Init timed out after {self._plan.init_seconds:.2f} seconds"
            )
            self._process.kill()
            await self._watch
            raise InitError(self._init_error) from None

    def invoke(self, invocation: Invocation) -> None:
        """Hands an invocation to the waiting process; the answer comes through `invocation.response`."""
        waiting, self._next = self._next, None
        if waiting is None:
            raise RuntimeError("the environment does not wait for an invocation")
        invocation.start_clock()
        self._current = invocation
        self.answered = False
        self._timer = asyncio.get_running_loop().call_later(invocation.timeout_seconds, self._time_out, invocation)
        self._log(f"START RequestId: {invocation.request_id} Version: {self._plan.function.version}")
        waiting.set_result(invocation)

    async def stop(self) -> None:
        """Ends the process and the Runtime API."""
        if self._process is not None:
            await self._process.stop()
        if self._watch is not None:
            await self._watch
        await self._server.stop()

    # -- the process -------------------------------------------------------------------------------
    async def _watch_exit(self, process: ChildProcess) -> None:
        await asyncio.shield(process.exited)
        reason = process.exit_reason()
        if self._current is not None:
            request_id = self._current.request_id
            error = FunctionError(
                "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {reason}"
            )
            self._current.response.fail(error)
            self._finish_invocation()
        if not self._ready.done():
            error = self._init_error or FunctionError(
                "Runtime.ExitError", f"Error: Runtime exited with error: {reason}"
            )
            self._ready.set_exception(InitError(error))
            self._ready.exception()  # taken note of here: after a timeout nobody waits for it any more
        await self._server.stop()
        self._on_end(self)

    def _time_out(self, invocation: Invocation) -> None:
        if self._current is invocation and self._process is not None:
            seconds = invocation.timeout_seconds
            message = f"RequestId: {invocation.request_id} Error: Task timed out after {seconds:.2f} seconds"
            invocation.response.fail(FunctionError("Sandbox.Timedout", message))
            self._log(message)
            self._process.kill()

    def _finish_invocation(self) -> None:
        invocation, self._current = self._current, None
        if self._timer is not None:
            self._timer.cancel()
        if invocation is not None:
            milliseconds = (time.time() - invocation.deadline + invocation.timeout_seconds) * 1000
            self._log(f"END RequestId: {invocation.request_id}")
            self._log(
                f"REPORT RequestId: {invocation.request_id} Duration: {milliseconds:.2f} ms"
                f" Memory Size: {self._plan.function.memory_mb} MB"
            )

    def _log(self, line: str) -> None:
        self._on_line(line)

    # -- the Runtime API ---------------------------------------------------------------------------
    async def _handle(self, request: Request, response: Response) -> None:
        match (request.method, request.path.removeprefix(_API).strip("/").split("/")):
            case ("GET", ["invocation", "next"]):
                await self._give_next(response)
            case ("POST", ["invocation", request_id, "response" | "error" as kind]):
                invocation = self._current
                if invocation is None or invocation.request_id != request_id or self.answered:
                    await request.read(self._plan.max_response_bytes)
                    await self._refuse(response, 400, "InvalidRequestID", "Invalid request ID")
                elif kind == "response":
                    await self._take_response(invocation.response, request, response)
                else:
                    await self._take_error(invocation.response, request, response)
            case ("POST", ["init" | "restore", "error"]):
                payload = await request.read(self._plan.max_response_bytes)
                self._init_error = FunctionError.from_payload(
                    payload, request.header("lambda-runtime-function-error-type")
                )
                await response.send(202, _JSON, _ACCEPTED)
            case ("GET", ["restore", "next"]):
                await response.send(200, _JSON, b"")
            case _:
                await self._refuse(response, 404, "NotFound", f"the Runtime API has no {request.method} {request.path}")

    async def _refuse(self, response: Response, status: int, error_type: str, message: str) -> None:
        await response.send(status, _JSON, f'{{"errorMessage":"{message}","errorType":"{error_type}"}}'.encode())

    async def _give_next(self, response: Response) -> None:
        if self._current is not None:
            if not self.answered:
                error = FunctionError(
                    "Runtime.NoResponse", "the runtime asked for the next invocation without answering this one"
                )
                self._current.response.fail(error)
            self._finish_invocation()
        waiting: asyncio.Future[Invocation] = asyncio.get_running_loop().create_future()
        self._next = waiting
        if not self._ready.done():
            self._ready.set_result(None)
        self._on_free(self)
        async with response.while_connected():
            invocation = await waiting
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        ]
        if invocation.client_context is not None:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        await response.send(200, headers, invocation.payload)

    async def _take_response(self, stream: ResponseStream, request: Request, response: Response) -> None:
        self.answered = True
        if (request.header("lambda-runtime-function-response-mode") or "").lower() != "streaming":
            try:
                body = await request.read(self._plan.max_response_bytes)
            except BodyTooLargeError:
                limit = self._plan.max_response_bytes
                message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
                stream.fail(FunctionError("Function.ResponseSizeTooLarge", message))
                await self._refuse(response, 413, "RequestEntityTooLarge", message)
                return
            except ConnectionLostError:
                stream.fail(FunctionError("Runtime.TruncatedResponse", "the runtime broke off its response"))
                raise
            await stream.write(body)
        else:
            stream.begin()
            try:
                async for chunk in request.chunks():
                    await stream.write(chunk)
            except ConnectionLostError:
                stream.fail(FunctionError("Runtime.TruncatedResponse", "the runtime broke off its response"))
                raise
            error_type = request.trailer("lambda-runtime-function-error-type")
            if error_type is not None:
                stream.fail(
                    FunctionError.from_payload(
                        _decode(request.trailer("lambda-runtime-function-error-body")), error_type
                    )
                )
        stream.finish()
        await response.send(202, _JSON, _ACCEPTED)

    async def _take_error(self, stream: ResponseStream, request: Request, response: Response) -> None:
        payload = await request.read(self._plan.max_response_bytes)
        self.answered = True
        stream.fail(FunctionError.from_payload(payload, request.header("lambda-runtime-function-error-type")))
        await response.send(202, _JSON, _ACCEPTED)


def _decode(body: str | None) -> bytes:
    try:
        return base64.b64decode(body or "", validate=True)
    except binascii.Error:
        return b""
