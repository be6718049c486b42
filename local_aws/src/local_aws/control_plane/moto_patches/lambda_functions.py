"""Lambda."""

from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.ec2.models import ec2_backends

from ..lambda_code import location
from .patching import replace

# Configuration members that moto drops from CreateFunction or does not take in UpdateFunctionConfiguration.
_KEPT = ("LoggingConfig", "DeadLetterConfig", "FileSystemConfigs", "SnapStart")


def install() -> None:
    get_code = LambdaFunction.get_code
    get_configuration = LambdaFunction.get_configuration
    update_configuration = LambdaFunction.update_configuration
    initialise = LambdaFunction.__init__

    def get_code_that_can_be_fetched(self: LambdaFunction) -> dict[str, Any]:
        # moto answers with an address that does not exist.
        answer: dict[str, Any] = get_code(self)
        if self.package_type == "Zip":
            where = location(self.account_id, self.region, self.function_name, str(self.version))
            answer["Code"] = {"RepositoryType": "S3", "Location": where}
        return answer

    def initialise_with_all(self: LambdaFunction, *positional: Any, **named: Any) -> None:
        initialise(self, *positional, **named)
        spec: dict[str, Any] = named["spec"] if "spec" in named else positional[1]
        self.kept = {name: spec[name] for name in _KEPT if name in spec}  # type: ignore[attr-defined]

    def get_whole_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        answer = get_configuration(self, on_create)
        kept = getattr(self, "kept", {})
        logging = {"LogFormat": "Text", "LogGroup": self.logs_group_name} | kept.get("LoggingConfig", {})
        return answer | kept | {"LoggingConfig": logging}

    def update_whole_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        # moto ignores these members of UpdateFunctionConfiguration.
        if "KMSKeyArn" in config_updates:
            self.kms_key_arn = config_updates["KMSKeyArn"] or None
        if "TracingConfig" in config_updates:
            self.tracing_config = config_updates["TracingConfig"]
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        kept: dict[str, Any] = getattr(self, "kept", {})
        kept.update({name: config_updates[name] for name in _KEPT if name in config_updates})
        self.kept = kept  # type: ignore[attr-defined]
        return update_configuration(self, config_updates)

    def vpc_config(self: LambdaFunction) -> dict[str, Any] | None:
        # moto answers the constant vpc-123abc.
        config = getattr(self, "_vpc_config", None)
        if not config:
            return None
        ids = config.get("SubnetIds") or []
        vpc_id = ec2_backends[self.account_id][self.region].get_subnet(ids[0]).vpc_id if ids else ""
        return dict(config) | {"VpcId": vpc_id}

    replace(LambdaFunction, "get_code", get_code_that_can_be_fetched)
    replace(LambdaFunction, "__init__", initialise_with_all)
    replace(LambdaFunction, "get_configuration", get_whole_configuration)
    replace(LambdaFunction, "update_configuration", update_whole_configuration)
    replace(LambdaFunction, "vpc_config", property(vpc_config))
