"""The names by which the `falconry` command finds a deployment are those that its templates give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from falconry import settings
from falconry.names import endpoint_log_group, function_log_group
from falconry.settings import containers

from .conftest import ROOT, Deployment


def test_log_groups_and_functions_are_called_as_the_command_expects(falcon_180b: Deployment) -> None:
    config = settings.load(ROOT / "config" / "falcon-180b.yaml")

    def in_templates(resource_type: str, member: str) -> set[str]:
        templates = (falcon_180b.models, falcon_180b.api)
        found = [resource for template in templates for resource in template.resources(resource_type)]
        return {resource["Properties"].get(member) for resource in found}

    functions = {config.names.chat_function, config.names.authorizer_function}
    assert in_templates("AWS::Lambda::Function", "FunctionName") == functions
    assert in_templates("AWS::Logs::LogGroup", "LogGroupName") >= {
        *(function_log_group(function) for function in functions),
        config.names.access_log_group,
        *(endpoint_log_group(config.endpoint_name(model)) for model in config.models),
    }


def test_image_environment_and_weights_are_what_sagemaker_is_told(
    synthesize: Callable[[Path], Deployment],
) -> None:
    path = ROOT / "config" / "dev.yaml"
    config = settings.load(path)
    (model,) = config.models

    container = synthesize(path).models.only("AWS::SageMaker::Model")["PrimaryContainer"]

    assert container["Image"] == containers.image(config, model)
    assert container["Environment"] == containers.environment(model)
    source = container["ModelDataSource"]["S3DataSource"]
    weights = containers.weights(config, model, artifact_bucket="any", published=None)
    assert weights is not None
    assert source["S3Uri"] == weights.uri
