"""One of many clients that stream concurrently: asks one question after another and checks every answer."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.bench.scripted_model import MARK, answer_tokens

TOKENS = 64


@dataclass(frozen=True, slots=True)
class StreamResult:
    """The result of one question. Times are in ms from sending it; `fault` says in a word and its details what was
    wrong."""

    first_token: float
    total: float
    fault: str | None


class OpenStream:
    """The client with the number `number`, on a connection of its own that is kept open.

    `tokens` counts what has come so far, in all answers.
    """

    def __init__(self, number: int, base_url: str, key: str, model: str) -> None:
        self.tokens = 0
        self._number = number
        self._asked = 0
        self._url = urlsplit(base_url)
        self._key = key
        self._model = model
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> StreamResult:
        """Ask one question that nobody else asks."""
        self._asked += 1
        mark = f"mark-{self._number}-{self._asked}"
        started = time.perf_counter()
        try:
            if self._connection is None:
                self._connection = await asyncio.open_connection(self._url.hostname, self._url.port)
            reader, writer = self._connection
            writer.write(self._request(mark))
            return await self._read(reader, mark, started)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            return StreamResult(0.0, 0.0, f"broken: {error!r}")

    def close(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None

    def _request(self, mark: str) -> bytes:
        question = f"Count up, and put {mark} before each number."
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": question}],
            "max_tokens": TOKENS,
            "temperature": 0,
            "stream": True,
        }
        content = json.dumps(body).encode()
        head = (
            f"POST {self._url.path}/chat/completions HTTP/1.1\r\nHost: {self._url.netloc}\r\n"
            f"Authorization: Bearer {self._key}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        )
        return f"{head}\r\n".encode() + content

    async def _read(self, reader: asyncio.StreamReader, mark: str, started: float) -> StreamResult:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if " 200 " not in head.partition("\r\n")[0]:
            return StreamResult(0.0, 0.0, await self._refusal(reader, head))
        first, text, finish, lines, rest = 0.0, "", None, list[bytes](), b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            rest += (await reader.readexactly(size + 2))[:-2]
            *new, rest = rest.split(b"\n")
            for line in new:
                if line.startswith(b"data: {"):
                    choice = (json.loads(line[6:]).get("choices") or [{}])[0]
                    piece = choice.get("delta", {}).get("content")
                    finish = choice.get("finish_reason") or finish
                    if piece:
                        first = first or time.perf_counter()
                        text += piece
                        self.tokens += len(MARK.findall(piece))
            lines += [line for line in new if line]
        await reader.readuntil(b"\r\n")
        ended = time.perf_counter()
        return StreamResult((first - started) * 1000, (ended - started) * 1000, _fault(text, finish, lines, mark))

    @staticmethod
    async def _refusal(reader: asyncio.StreamReader, head: str) -> str:
        length = next((line for line in head.split("\r\n") if line.startswith("content-length:")), "content-length: 0")
        body = await reader.readexactly(int(length.partition(":")[2]))
        return f"refused: {head.partition(chr(13))[0]} {body[:300].decode('utf-8', 'replace')}"


def _fault(text: str, finish: str | None, lines: list[bytes], mark: str) -> str | None:
    expected = "".join(answer_tokens(mark, TOKENS)).strip()
    if any(other != mark for other in MARK.findall(text)):
        return f"mixed up: {mark} got {text[:200]!r}"
    if text != expected:
        return f"not what was sent: {mark} got {text[:200]!r}"
    if finish != "length" or not lines or lines[-1] != b"data: [DONE]":
        return f"wrong end: {finish} {lines[-1:]!r}"
    return None
