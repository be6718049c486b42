"""The runtime's loop: take an invocation, call the handler, send its response."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable

from streaming_runtime import faults
from streaming_runtime.context import Context
from streaming_runtime.response_stream import ListenerGoneError, body_chunks, is_streamed, prelude
from streaming_runtime.runtime_api import Invocation, RuntimeApi, RuntimeApiError

Handler = Callable[[object, Context], object]

_INIT_FAILED, _RUNTIME_API_GONE, _SNAPSHOT_FAILED, _RESTORE_FAILED = 1, 2, 64, 65
"""Exit codes, as AWS's Python runtime has them."""


def main() -> int:
    """Run the function named by _HANDLER until Lambda ends the process. Returns an exit code only if that fails."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(line_buffering=True)
    logging.basicConfig(stream=sys.stdout, level=os.environ.get("AWS_LAMBDA_LOG_LEVEL", "WARNING"))
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except BaseException as error:
        faults.log(error)
        api.fail_init(error)
        return _INIT_FAILED
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        failed = snapshot(api)
        if failed:
            return failed
    while True:
        try:
            invocation = api.next()
        except OSError as error:
            faults.log(error)
            return _RUNTIME_API_GONE
        try:
            serve(api, handler, invocation)
        except RuntimeApiError as error:
            faults.log(error, invocation.context.aws_request_id)


def load_handler(name: str) -> Handler:
    """The function that `name` ("package.module.function") stands for. Raises Fault, or what importing it raises."""
    module_name, _, function_name = name.replace("/", ".").rpartition(".")
    if not module_name:
        raise faults.Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': it must be module.function")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise faults.Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise faults.Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        raise faults.Fault("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


def serve(api: RuntimeApi, handler: Handler, invocation: Invocation) -> None:
    """Answer one invocation. Exceptions of the handler are reported. Raises OSError if the report is refused."""
    if invocation.trace_id is not None:
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    request_id = invocation.context.aws_request_id
    try:
        result = handler(json.loads(invocation.event), invocation.context)
    except Exception as error:
        faults.log(error, request_id)
        api.fail(request_id, error)
        return
    if isinstance(result, dict) and is_streamed(result):
        send_stream(api, request_id, result)
        return
    try:
        api.respond(request_id, result)
    except (TypeError, ValueError) as error:
        fault = faults.Fault("Runtime.MarshalError", f"Unable to marshal response: {error}")
        faults.log(fault, request_id)
        api.fail(request_id, fault)


def send_stream(api: RuntimeApi, request_id: str, result: dict[str, object]) -> None:
    """Send a proxy response as its body arrives. The body is always closed: it may hold a generation that costs
    money."""
    with contextlib.ExitStack() as stack:
        close_body = getattr(result.get("body"), "close", None)
        if close_body is not None:
            stack.callback(close_body)
        try:
            chunks = body_chunks(result)
            head = prelude(result)
            json.dumps(head)
        except (faults.Fault, TypeError, ValueError) as error:
            faults.log(error, request_id)
            api.fail(request_id, error)
            return
        stream = stack.enter_context(contextlib.closing(api.stream(request_id)))
        failure: Exception | None = None
        try:
            stream.begin(head)
            try:
                for chunk in chunks:
                    stream.write(chunk)
            except ListenerGoneError:
                raise
            except Exception as error:
                failure = error
                faults.log(error, request_id)
            stream.end(failure)
        except ListenerGoneError:
            return


def snapshot(api: RuntimeApi) -> int:
    """Run the hooks around a SnapStart snapshot (registered with `snapshot_restore_py`). Returns an exit code, 0 for
    success."""
    try:
        hooks = importlib.import_module("snapshot_restore_py")
    except ImportError:
        hooks = None
    try:
        for function, arguments, keywords in reversed(hooks.get_before_snapshot() if hooks else []):
            function(*arguments, **keywords)
        api.wait_for_restore()
    except Exception as error:
        fault = faults.Fault("Runtime.BeforeSnapshotError", f"{type(error).__name__}: {error}")
        faults.log(fault)
        api.fail_init(fault)
        return _SNAPSHOT_FAILED
    try:
        for function, arguments, keywords in hooks.get_after_restore() if hooks else []:
            function(*arguments, **keywords)
    except Exception as error:
        fault = faults.Fault("Runtime.AfterRestoreError", f"{type(error).__name__}: {error}")
        faults.log(fault)
        api.fail_restore(fault)
        return _RESTORE_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
