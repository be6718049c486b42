"""Lambda functions, versions, aliases, permissions and layers.

A function's code is fetched with a plain GET of `get_function()["Code"]["Location"]`.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from .base import Adapter, Context, Created, is_gone
from .properties import Properties, Values, removed_tags, tags_as_map

_CONFIGURATION = (
    "Description",
    "Environment",
    "Handler",
    "KmsKeyArn",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)
# What UpdateFunctionConfiguration must be told to take a removed property away.
_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "KmsKeyArn": "",
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
_INLINE_FILES = {"python": "index.py", "nodejs": "index.mjs"}


def _code(code: Values, runtime: str) -> Values:
    if "ZipFile" not in code:
        names = {"S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"}
        return {name: value for name, value in code.items() if name in names}
    language = next((name for name in _INLINE_FILES if runtime.startswith(name)), "python")
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_INLINE_FILES[language]), code["ZipFile"])
    return {"ZipFile": bundle.getvalue()}


class Function(Adapter):
    resource_type = "AWS::Lambda::Function"
    name_property = "FunctionName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("FunctionName") or context.generated_name()
        given = properties.only(*_CONFIGURATION, "Architectures")
        code = _code(properties["Code"], properties.get("Runtime", ""))
        tags = tags_as_map(properties) or None
        answer = context.call("lambda", "create_function", FunctionName=name, Code=code, Tags=tags, **given)
        context.made(name)
        self._set_concurrency(name, properties, {}, context)
        self._check(name, given, context)
        return Created(name, {"Arn": answer["FunctionArn"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        given = properties.only(*_CONFIGURATION)
        removed = {name: value for name, value in _DEFAULTS.items() if name in old and name not in given}
        changes = removed | {name: value for name, value in given.items() if value != old.get(name)}
        if changes:
            context.call("lambda", "update_function_configuration", FunctionName=physical_id, **changes)
        code, architectures = properties["Code"], properties.get("Architectures")
        if code != old["Code"] or architectures != old.get("Architectures"):
            bundle = _code(code, properties.get("Runtime", ""))
            context.call(
                "lambda", "update_function_code", FunctionName=physical_id, Architectures=architectures, **bundle
            )
        self._set_concurrency(physical_id, properties, old, context)
        arn: str = context.client("lambda").get_function_configuration(FunctionName=physical_id)["FunctionArn"]
        if tags := tags_as_map(properties):
            context.call("lambda", "tag_resource", Resource=arn, Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("lambda", "untag_resource", Resource=arn, TagKeys=gone)
        self._check(physical_id, given, context)
        return {"Arn": arn}

    @staticmethod
    def _set_concurrency(name: str, properties: Properties, old: Values, context: Context) -> None:
        reserved = properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            context.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)
        elif "ReservedConcurrentExecutions" in old:
            context.call("lambda", "delete_function_concurrency", FunctionName=name)

    @staticmethod
    def _check(name: str, given: Values, context: Context) -> None:
        answer = context.client("lambda").get_function_configuration(FunctionName=name)
        context.kept("lambda", "create_function", given, answer)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("lambda", "delete_function", FunctionName=physical_id)


class Permission(Adapter):
    resource_type = "AWS::Lambda::Permission"

    def create(self, properties: Properties, context: Context) -> Created:
        statement = context.generated_name(100)
        context.call("lambda", "add_permission", StatementId=statement, **properties.without())
        return Created(statement, {"Id": statement})

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        try:
            context.call(
                "lambda", "remove_permission", FunctionName=properties["FunctionName"], StatementId=physical_id
            )
        except ClientError as error:
            # The version or alias that the permission was on may be gone with all its permissions.
            if not is_gone(error):
                raise


ADAPTERS = (Function(), Permission())
