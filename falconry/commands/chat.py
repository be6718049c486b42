"""`falconry chat`: talk to a deployed model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from falconry.caller import ExtraHeaders, Key, Token, Url
from falconry.target import DEFAULT_CONFIG, Json, Local

if TYPE_CHECKING:
    from falconry.api import DeployedApi
    from falconry.conversation import Conversation
    from falconry.target import Target


def chat(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="Ask this, print the answer and exit.")] = "",
    config: Annotated[str, typer.Option("--config", "-c", metavar="CONFIG", help="A name in config/, or a path.")] = "",
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="MODEL", help="Default: the config's first chat model.")
    ] = "",
    system: Annotated[str, typer.Option("--system", "-s", metavar="TEXT", help="The system prompt.")] = "",
    parameters: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="An API parameter, such as temperature=0.5.")
    ] = [],  # noqa: B006 (typer copies it)
    key: Key = "",
    token: Token = "",
    url: Url = "",
    header: ExtraHeaders = [],  # noqa: B006
    local: Local = False,
    json: Json = False,
) -> None:
    """Chat with a deployed model, or ask one question.

    \b
    falconry chat                              a conversation; /help lists commands
    falconry chat "What is a falcon?"          one answer
    git diff | falconry chat "Review this."    the question, then the piped text
    falconry chat --set temperature=0 -s "Be brief." "Hello!"
    falconry chat --local                      what `make local` serves

    \b
    The answer goes to standard output; on a terminal, time and tokens go to
    standard error. With `auth: iam`, requests are signed with your AWS
    credentials. Ctrl-C stops an answer, Ctrl-D ends the chat.
    """
    from falconry.api import DeployedApi
    from falconry.caller import find_caller
    from falconry.chat_session import ChatSession
    from falconry.conversation import Conversation
    from falconry.target import find

    target = find(config if local else config or DEFAULT_CONFIG, local=local)
    conversation = Conversation(_model(target, model))
    conversation.system = system
    for text in parameters:
        name, _, value = text.partition("=")
        conversation.set(name, value)
    api = DeployedApi(find_caller(target, key=key, token=token, url=url, headers=header))
    piped = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    asked = "\n\n".join(part for part in (question, piped) if part)
    if asked:
        _once(api, conversation, asked, json)
    elif sys.stdin.isatty():
        ChatSession(api, conversation).run()
    else:
        raise typer.BadParameter("no question: pass one as an argument or through a pipe")


def _model(target: Target, name: str) -> str:
    """The model to talk to. Only those of the config are known; the API says which are deployed."""
    from falconry.catalog import MODELS
    from falconry.errors import CommandError

    chatting = [model.name for model in target.settings.models if MODELS[model.name].chat_template]
    if name:
        return name
    if not chatting:
        known = ", ".join(model.name for model in target.settings.models)
        raise CommandError(f"no model of {target.settings.name} can chat: {known}. `falconry models` shows which can.")
    return chatting[0]


def _once(api: DeployedApi, conversation: Conversation, question: str, as_json: bool) -> None:
    from falconry.answer_stats import stream_to_terminal
    from falconry.output import errors, print_json

    conversation.ask(question)
    stats = stream_to_terminal(api, conversation, quiet=as_json)
    if as_json:
        print_json({"model": conversation.model, **stats.fields()})
    elif sys.stderr.isatty():
        errors().print(stats.summary(), style="dim", markup=False)
    if stats.stopped:
        raise KeyboardInterrupt
