"""Lambda: the account's limits."""

import json
from typing import Any

from moto.awslambda import urls
from moto.awslambda.responses import LambdaResponse

from .patching import add
from .service_quotas import lambda_concurrency

_ROUTE = r"{0}/2016-08-19/account-settings/?$"


def get_account_settings(self: LambdaResponse) -> str:
    limit = lambda_concurrency(self.current_account, self.region)
    functions: list[Any] = list(self.backend.list_functions(None))
    reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
    limits = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": limit,
        "UnreservedConcurrentExecutions": limit - reserved,
    }
    return json.dumps({"AccountLimit": limits, "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": len(functions)}})


def install() -> None:
    # moto has no GetAccountSettings.
    add(LambdaResponse, "get_account_settings", get_account_settings)
    urls.url_paths[_ROUTE] = LambdaResponse.dispatch
