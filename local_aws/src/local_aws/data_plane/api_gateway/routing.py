"""Which resource and method a request path belongs to."""

from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.data_plane.api_gateway.definition import Method, Resource, RestApi


@dataclass(frozen=True)
class Route:
    resource: Resource
    method: Method
    path_parameters: dict[str, str]


def find_route(api: RestApi, http_method: str, path: str) -> Route | None:
    """The best route, or None where API Gateway says `Missing Authentication Token`.

    A literal segment is preferred to a `{parameter}`, that to a greedy `{proxy+}`, segment by segment from the left; a
    method of its own is preferred to ANY. Path parameters stay percent-encoded, as in the path. A slash at the path's
    end is not significant.
    """
    segments = path.split("/")[1:]
    if len(segments) > 1 and segments[-1] == "":
        segments.pop()
    best: tuple[tuple[int, ...], Route] | None = None
    for resource in api.resources:
        method = resource.methods.get(http_method) or resource.methods.get("ANY")
        matched = _match(resource.path, segments) if method is not None else None
        if method is None or matched is None:
            continue
        rank, parameters = matched
        if best is None or rank < best[0]:
            best = (rank, Route(resource, method, parameters))
    return best[1] if best else None


def _match(template: str, segments: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    """The rank of each segment (0 literal, 1 parameter, 2 greedy) and the parameters; None without a match."""
    rank: list[int] = []
    parameters: dict[str, str] = {}
    parts = template.split("/")[1:]
    for index, part in enumerate(parts):
        if index >= len(segments):
            return None
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(segments[index:])
            if not rest:
                return None
            parameters[part[1:-2]] = rest
            return (*rank, 2), parameters
        if part.startswith("{") and part.endswith("}"):
            if not segments[index]:
                return None
            parameters[part[1:-1]] = segments[index]
            rank.append(1)
        elif part == unquote(segments[index]):
            rank.append(0)
        else:
            return None
    return (tuple(rank), parameters) if len(parts) == len(segments) else None
