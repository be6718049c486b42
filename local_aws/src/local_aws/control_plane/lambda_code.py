"""Function bundles by URL, as AWS gives them in `get_function()["Code"]["Location"]`.

A plain GET of that URL gives the zip file of the version that was asked for, whether it came from S3 or inline.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from moto.awslambda.models import lambda_backends
from werkzeug.exceptions import HTTPException

from . import clients

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_PATH = re.compile(r"/lambda-code/(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<name>[\w-]+)/(?P<version>[\w$]+)\.zip")


def location(account: str, region: str, name: str, version: str) -> str:
    """The URL of a function version's bundle."""
    return f"{clients.endpoint()}/lambda-code/{account}/{region}/{name}/{quote(version)}.zip"


def serving_bundles(application: Application) -> Application:
    """The application with the bundles' URLs in front of it."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if match is None:
            return application(environ, start_response)
        functions = lambda_backends[match["account"]][match["region"]]._lambdas
        try:
            function = functions.get_function_by_name_with_qualifier(match["name"], match["version"])
        except HTTPException as error:
            status, content_type, bundle = "404 Not Found", "text/plain", str(error.description).encode()
        else:
            status, content_type, bundle = "200 OK", "application/zip", function.code_bytes
        start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(bundle)))])
        return [bundle]

    return serve
