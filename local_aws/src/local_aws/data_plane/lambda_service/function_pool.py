"""The environments of one function version: taken, started on demand, ended."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from local_aws.data_plane.lambda_service.environment import Environment, EnvironmentPlan, InitError
from local_aws.data_plane.lambda_service.invocation import Invocation, InvocationRefusedError
from local_aws.guardian import Guardian

logger = logging.getLogger(__name__)

# After its response a runtime needs a moment to ask for the next invocation. Waiting for that is quicker than a cold
# start.
_REUSE_WAIT_SECONDS = 0.1


class FunctionPool:
    """Each environment serves one invocation at a time; more are started as they are needed.

    Above the function's reserved concurrency an invocation is refused, as in Lambda. A function without one could run a
    thousand at once in AWS; here not more than `machine_limit` run, and further invocations wait for one of them.
    """

    def __init__(
        self,
        plan: EnvironmentPlan,
        reserved_concurrency: int | None,
        machine_limit: int,
        guardian: Guardian,
        on_line: Callable[[str], None],
    ) -> None:
        self.plan = plan
        self._concurrency = machine_limit if reserved_concurrency is None else reserved_concurrency
        self._refuses = reserved_concurrency is not None
        self._guardian = guardian
        self._on_line = on_line
        self._all: set[Environment] = set()
        self._free: list[Environment] = []
        self._starting: set[Environment] = set()
        self._freed = asyncio.Event()
        self._stopping: set[asyncio.Task[None]] = set()
        self._warming: asyncio.Task[None] | None = None
        self._closing = False
        self.state = "starting"
        self.reason: str | None = None

    @property
    def empty(self) -> bool:
        return not self._all

    def describe(self) -> dict[str, object]:
        """For the health report."""
        environments = [{"pid": environment.pid, "busy": environment.busy} for environment in self._all]
        return {"state": self.state, "reason": self.reason, "environments": environments}

    def warm(self) -> None:
        """Starts the first environment in the background."""
        self._warming = asyncio.create_task(self._start_first())

    async def _start_first(self) -> None:
        try:
            environment = await self._start_environment()
        except InitError as error:
            self.state, self.reason = "failed", str(error)
            logger.error("function %s does not start: %s", self.plan.function.name, error)
        else:
            self._make_free(environment)

    async def invoke(self, invocation: Invocation) -> None:
        """Returns when an environment has taken the invocation. Raises InvocationRefusedError if all that are reserved
        for the function are in use.

        A failing start is the function's failure: it comes through the invocation's response, as in Lambda.
        """
        try:
            environment = await self._acquire()
        except InitError as error:
            invocation.response.fail(error.error)
            return
        environment.invoke(invocation)

    async def close(self) -> None:
        """Ends the free environments at once and the busy ones when they have answered."""
        self._closing = True
        for environment in list(self._free):
            self._free.remove(environment)
            await environment.stop()

    async def stop(self) -> None:
        """Ends every environment at once; who waits for one gets none."""
        self._closing = True
        self._concurrency = 0
        if self._warming is not None:
            self._warming.cancel()
        await asyncio.gather(*(environment.stop() for environment in list(self._all)), return_exceptions=True)

    async def _acquire(self) -> Environment:
        if self._warming is not None and not self._warming.done():
            await asyncio.shield(self._warming)
        if not self._free and any(environment.answered for environment in self._all):
            self._freed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._freed.wait(), _REUSE_WAIT_SECONDS)
        while not self._free and len(self._all) >= self._concurrency:
            if self._refuses:
                raise InvocationRefusedError("TooManyRequestsException", "Rate Exceeded.")
            self._freed.clear()
            await self._freed.wait()
        return self._free.pop() if self._free else await self._start_environment()

    async def _start_environment(self) -> Environment:
        """A started environment that is not in the list of the free ones."""
        environment = Environment(self.plan, self._guardian, self._on_line, self._asks_for_work, self._ended)
        self._all.add(environment)
        self._starting.add(environment)
        try:
            await environment.start()
        except BaseException:
            self._all.discard(environment)
            self._freed.set()
            raise
        finally:
            self._starting.discard(environment)
        self.state, self.reason = "ready", None
        return environment

    def _asks_for_work(self, environment: Environment) -> None:
        if environment not in self._starting:
            self._make_free(environment)

    def _make_free(self, environment: Environment) -> None:
        if self._closing:
            task = asyncio.create_task(environment.stop())
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
        elif environment in self._all:
            self._free.append(environment)
            self._freed.set()

    def _ended(self, environment: Environment) -> None:
        self._all.discard(environment)
        self._freed.set()
        if environment in self._free:
            self._free.remove(environment)
