"""The model server behind one endpoint: a child process that is kept alive, or a server that runs already."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from local_aws.data_plane.child_process import ChildProcess
from local_aws.data_plane.log_file import LogFile
from local_aws.data_plane.sagemaker_runtime.endpoint import Container
from local_aws.data_plane.settings import Settings
from local_aws.guardian import Guardian
from local_aws.ports import free_port

logger = logging.getLogger(__name__)

_PING_SECONDS = 0.1
_FIRST_RESTART_SECONDS = 0.5
_LONGEST_RESTART_SECONDS = 10.0


class ModelContainer:
    """Starts a model server with the container's environment, waits for its GET /ping, restarts it when it ends.

    With `settings.model_server_url` it only watches a server that somebody else runs there. `on_line` gets each line
    that the server prints.
    """

    def __init__(
        self,
        name: str,
        container: Container,
        settings: Settings,
        guardian: Guardian,
        client: httpx2.AsyncClient,
        on_line: Callable[[str], None],
    ) -> None:
        self._name = name
        self.container = container
        self._settings = settings
        self._guardian = guardian
        self._client = client
        self._on_line = on_line
        self._log = LogFile(settings.state_dir / "logs" / "sagemaker" / f"{name}.log")
        self._last_line = ""
        self._task: asyncio.Task[None] | None = None
        self._process: ChildProcess | None = None
        self._ready = asyncio.Event()
        self.url = ""
        self.state = "starting"
        self.reason: str | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.running else None

    def start(self) -> None:
        """Begins in the background; `wait_ready` tells when it serves."""
        if self._settings.model_server_url is not None:
            self.url = self._settings.model_server_url.rstrip("/")
            self._task = asyncio.create_task(self._watch_server())
        elif self._settings.model_dir is not None:
            self._task = asyncio.create_task(self._keep_running(self._settings.model_dir))
        else:
            self.state = "failed"
            self.reason = "no model to run: start the data plane with --model-dir or --model-server-url"
            logger.error("endpoint %s: %s", self._name, self.reason)

    async def wait_ready(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ready.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await self._process.stop()
        self._log.close()

    async def _watch_server(self) -> None:
        await self._ping_until_ready()
        self._now_ready()

    async def _keep_running(self, model_dir: Path) -> None:
        pause = _FIRST_RESTART_SECONDS
        while True:
            started = time.monotonic()
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            command = [*self._settings.model_server_command, "--port", str(port), "--model-dir", str(model_dir)]
            self._process = await ChildProcess.start(
                command, self._environment(), self._settings.state_dir, self._guardian, self._take_line
            )
            pinging = asyncio.create_task(self._ping_until_ready())
            try:
                await asyncio.wait({pinging, self._process.exited}, return_when=asyncio.FIRST_COMPLETED)
                if pinging.done():
                    self._now_ready()
                await asyncio.shield(self._process.exited)
            finally:
                pinging.cancel()
            self._ready.clear()
            self.state = "restarting"
            if time.monotonic() - started > _LONGEST_RESTART_SECONDS:
                pause = _FIRST_RESTART_SECONDS
            self.reason = f"the model server ended ({self._process.exit_reason()}): {self._last_line}"
            logger.error("endpoint %s: %s; it is started again", self._name, self.reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_RESTART_SECONDS)

    def _now_ready(self) -> None:
        self.state, self.reason = "ready", None
        self._ready.set()

    def _take_line(self, line: str) -> None:
        self._last_line = line
        self._log.write(line)
        self._on_line(line)

    async def _ping_until_ready(self) -> None:
        while True:
            try:
                answer = await self._client.get(f"{self.url}/ping", timeout=2.0)
                if answer.status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(_PING_SECONDS)

    def _environment(self) -> dict[str, str]:
        """The deployed container's variables and its image's TGI version."""
        variables = dict(self.container.environment)
        if self.container.tgi_version is not None:
            variables["TGI_VERSION"] = self.container.tgi_version
        return variables | {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "LANG": "en_US.UTF-8",
        }
