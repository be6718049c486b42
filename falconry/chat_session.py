"""An interactive chat in the terminal: lines in, answers out, slash commands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from falconry.answer_stats import AnswerStats, stream_to_terminal
from falconry.api import DeployedApi, refusal
from falconry.conversation import Conversation
from falconry.errors import CommandError
from falconry.output import console, errors

PROMPT = "> "
CONTINUED = "… "
BLOCK = '"""'


class ChatSession:
    """Reads until Ctrl-D or /quit. A failed question is dropped from the conversation; /retry asks it again."""

    def __init__(self, api: DeployedApi, conversation: Conversation) -> None:
        self._api = api
        self._conversation = conversation
        self._raw = False
        self._failed = ""

    def run(self) -> None:
        """Runs the chat. User errors are printed, and the chat continues."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 (gives `input` its history and its keys)
        console().print(f"[bold]{self._conversation.model}[/]  [dim]/help lists the commands; Ctrl-D ends.[/]")
        while True:
            try:
                text = self._read()
            except EOFError:
                print()
                return
            except KeyboardInterrupt:
                print()
                continue
            if text in ("/quit", "/exit"):
                return
            try:
                self._take(text)
            except KeyboardInterrupt:
                print()
            except CommandError as error:
                errors().print(str(error), style="red", markup=False)

    def _read(self) -> str:
        """One message: a line, several that end in a backslash, or a block between lines of three quotes."""
        line = input(PROMPT)
        if line.strip() == BLOCK:
            lines = []
            while (line := input(CONTINUED)).strip() != BLOCK:
                lines.append(line)
            return "\n".join(lines)
        lines = []
        while line.endswith("\\"):
            lines.append(line[:-1])
            line = input(CONTINUED)
        return "\n".join([*lines, line])

    def _take(self, text: str) -> None:
        if not text.strip():
            return
        if not text.startswith("/"):
            self._ask(text)
            return
        word, _, rest = text[1:].partition(" ")
        command = COMMANDS.get(word)
        if command is None:
            known = ", ".join(f"/{name}" for name in COMMANDS)
            raise CommandError(f"unknown command /{word}. Commands: {known}. (A message cannot begin with a slash.)")
        command[0](self, rest.strip())

    def _ask(self, text: str) -> None:
        self._conversation.ask(text)
        self._failed = text
        try:
            stats = stream_to_terminal(self._api, self._conversation, raw=self._raw)
        except CommandError:
            self._conversation.take_back()
            raise
        self._keep(stats)

    def _keep(self, stats: AnswerStats) -> None:
        if stats.text:
            self._conversation.answer(stats.text)
            self._failed = ""
        else:
            self._conversation.take_back()
        console().print(stats.summary(), style="dim", markup=False)

    def _help(self, _rest: str) -> None:
        for name, (_, arguments, meaning) in COMMANDS.items():
            console().print(f"  {f'/{name} {arguments}'.strip():<18} {meaning}", markup=False)
        console().print(f"  A line ending in \\ continues on the next; {BLOCK} starts and ends a block.", markup=False)

    def _system(self, rest: str) -> None:
        self._conversation.system = rest
        console().print("System prompt set." if rest else "System prompt removed.", style="dim")

    def _model(self, rest: str) -> None:
        answer = self._api.get("/models")
        if answer.status != 200:
            raise refusal(answer)
        names = [str(model["id"]) for model in answer.body["data"]]
        if not rest:
            for name in names:
                console().print(f"{'*' if name == self._conversation.model else ' '} {name}", markup=False)
        elif rest not in names:
            raise CommandError(f"{rest!r} is not deployed. Deployed: {', '.join(names)}.")
        else:
            self._conversation.model = rest

    def _set(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        if name and value:
            self._conversation.set(name, value.strip())
        elif name:
            self._conversation.parameters.pop(name, None)
        for known, given in self._conversation.parameters.items():
            console().print(f"  {known} = {given!r}", markup=False)
        if not self._conversation.parameters:
            console().print("No parameters are set: the model's defaults apply.", style="dim")

    def _retry(self, _rest: str) -> None:
        question = self._failed or self._conversation.take_back()
        if not question:
            raise CommandError("there is no question to ask again.")
        self._ask(question)

    def _undo(self, _rest: str) -> None:
        question = self._conversation.take_back()
        if not question:
            raise CommandError("there is nothing to undo.")
        console().print(f"Removed: {question.splitlines()[0][:60]}", style="dim", markup=False)

    def _save(self, rest: str) -> None:
        self._conversation.save(_path(rest, "/save"))
        console().print(f"{len(self._conversation.messages)} messages saved to {rest}.", style="dim", markup=False)

    def _load(self, rest: str) -> None:
        self._conversation = Conversation.load(_path(rest, "/load"))
        conversation = self._conversation
        console().print(f"{conversation.model}, {len(conversation.messages)} messages.", style="dim", markup=False)

    def _toggle_raw(self, _rest: str) -> None:
        self._raw = not self._raw
        console().print("Showing raw events." if self._raw else "Showing text.", style="dim")


def _path(rest: str, command: str) -> Path:
    if not rest:
        raise CommandError(f"{command} needs a file name: {command} talk.json")
    return Path(rest).expanduser()


Command = tuple[Callable[[ChatSession, str], None], str, str]

COMMANDS: Mapping[str, Command] = {
    "help": (ChatSession._help, "", "show this"),
    "system": (ChatSession._system, "TEXT", "set the system prompt; without TEXT, remove it"),
    "model": (ChatSession._model, "NAME", "switch to another model; without NAME, list them"),
    "set": (ChatSession._set, "NAME VALUE", "set a parameter (/set temperature 0.5); without VALUE, unset it"),
    "retry": (ChatSession._retry, "", "ask the last question again"),
    "undo": (ChatSession._undo, "", "remove the last question and its answer"),
    "save": (ChatSession._save, "FILE", "write the conversation to a file"),
    "load": (ChatSession._load, "FILE", "continue a saved conversation"),
    "raw": (ChatSession._toggle_raw, "", "switch between raw events and text"),
    "quit": (lambda _session, _rest: None, "", "end the chat (or Ctrl-D)"),
}
