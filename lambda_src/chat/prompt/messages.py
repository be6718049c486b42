"""From the `messages` of a chat request to the turns that a template can write."""

from __future__ import annotations

from chat.errors import ApiError, ErrorKind
from chat.parameters import check_unicode, shown
from chat.prompt.templates import Message

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""OpenAI's roles, and the template's role for each."""

_WITHOUT_EFFECT = frozenset({"name", "refusal", "annotations", "audio", "function_call", "tool_calls", "tool_call_id"})
"""Fields that OpenAI's SDK sends when an earlier answer is handed back; there they are null or empty."""


def parse_messages(value: object) -> list[Message]:
    """The messages of a request whose `messages` is a list of objects. Raises ApiError that names the one that is
    wrong."""
    items = value if isinstance(value, list) else []
    return [_message(item, f"messages[{index}]") for index, item in enumerate(items)]


def _message(item: dict[str, object], path: str) -> Message:
    role = item.get("role")
    if not isinstance(role, str) or role not in ROLES:
        kind = ErrorKind.MISSING_PARAMETER if role is None else ErrorKind.INVALID_VALUE
        got = "" if role is None else f", not {shown(role)}"
        raise ApiError(kind, f"{path}.role must be one of {', '.join(ROLES)}{got}.", param=f"{path}.role")
    for name, value in item.items():
        if name in ("role", "content"):
            continue
        if name not in _WITHOUT_EFFECT:
            raise ApiError(
                ErrorKind.UNKNOWN_PARAMETER, f"Unknown parameter: {path}.{name[:80]}.", param=f"{path}.{name[:80]}"
            )
        if value and name != "name":
            raise ApiError(
                ErrorKind.UNSUPPORTED_PARAMETER,
                f"{path}.{name} is not supported: the Falcon models read and write text.",
                param=f"{path}.{name}",
            )
    content = _content(item.get("content"), f"{path}.content")
    check_unicode(content, f"{path}.content")
    return Message(ROLES[role], content)


def _content(value: object, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_part(part, f"{path}[{index}]") for index, part in enumerate(value))
    kind = ErrorKind.MISSING_PARAMETER if value is None else ErrorKind.INVALID_TYPE
    raise ApiError(kind, f"{path} must be a string or a list of text parts, not {shown(value)}.", param=path)


def _part(part: object, path: str) -> str:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        raise ApiError(
            ErrorKind.INVALID_TYPE, f'{path} must be a text part: {{"type": "text", "text": "..."}}.', param=path
        )
    if part["type"] != "text":
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            f"{path}.type {shown(part['type'])} is not supported: the Falcon models read text only.",
            param=f"{path}.type",
        )
    text = part.get("text")
    if not isinstance(text, str):
        raise ApiError(
            ErrorKind.INVALID_TYPE, f"{path}.text must be a string, not {shown(text)}.", param=f"{path}.text"
        )
    return text
