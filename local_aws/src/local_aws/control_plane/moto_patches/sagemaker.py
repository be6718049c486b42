"""SageMaker: what moto drops, refuses or does not have."""

from collections.abc import Callable
from typing import Any

import botocore.session
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

from .patching import add, replace

_Method = Callable[[SageMakerResponse], Any]  # gives an ActionResult; its result is a mapping


def _instance_types() -> frozenset[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return frozenset(model.shape_for("ProductionVariantInstanceType").enum)


def _validate_instance_type(allowed: frozenset[str]) -> Callable[[FakeEndpointConfig, str], None]:
    def validate(self: FakeEndpointConfig, instance_type: str) -> None:
        if instance_type not in allowed:
            raise ValidationError(
                message=f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint: "
                f"Member must satisfy enum value set: {sorted(allowed)}"
            )

    return validate


def _validate_variants(
    validate: Callable[[SageMakerModelBackend, list[dict[str, Any]]], None],
) -> Callable[[SageMakerModelBackend, list[dict[str, Any]]], None]:
    """moto demands a model of each variant; one that is to hold inference components has none."""

    def validated(self: SageMakerModelBackend, production_variants: list[dict[str, Any]]) -> None:
        validate(self, [variant for variant in production_variants if variant.get("ModelName")])

    return validated


def _remembering(create: _Method, collection: str, name_of: str) -> _Method:
    """moto keeps some request members only: CreateModel drops EnableNetworkIsolation, CreateEndpointConfig VpcConfig,
    ExecutionRoleArn, EnableNetworkIsolation and more, CreateEndpoint DeploymentConfig. The whole request is kept."""

    def created(self: SageMakerResponse) -> ActionResult:
        existing = getattr(self.sagemaker_backend, collection)
        name = self._get_param(name_of)
        if name in existing:
            raise ValidationError(message=f'Cannot create already existing {name_of.removesuffix("Name")} "{name}".')
        answer: ActionResult = create(self)
        existing[name].request = dict(self._get_params())
        return answer

    return created


# moto answers a member of each object that it holds; these are its own fields, not the API's.
_OWN_FIELDS = ("Request", "Tags")


def _recalling(collection: str, name_of: str, describe: _Method) -> _Method:
    def described(self: SageMakerResponse) -> ActionResult:
        answer: dict[str, Any] = dict(describe(self).result)
        held = getattr(self.sagemaker_backend, collection)[self._get_param(name_of)]
        for name, value in getattr(held, "request", {}).items():
            answer.setdefault(name, value)
            if answer[name] in (None, {}, [], False):
                answer[name] = value
        # moto answers its default "arn:test" and one-element tuples here.
        for name in _OWN_FIELDS:
            answer.pop(name, None)
        for empty in ("DataCaptureConfig", "VpcConfig", "PrimaryContainer"):
            if answer.get(empty) == {}:
                del answer[empty]
        return ActionResult(answer)

    return described


def _describe_endpoint(describe: _Method) -> _Method:
    """AWS gives the DeploymentConfig of the last change as LastDeploymentConfig; moto forgets it."""

    def described(self: SageMakerResponse) -> ActionResult:
        answer: dict[str, Any] = dict(describe(self).result)
        endpoint = self.sagemaker_backend.endpoints[self._get_param("EndpointName")]
        request = getattr(endpoint, "request", {})
        for name in (*_OWN_FIELDS, "DataCaptureConfig"):
            answer.pop(name, None)
        if request.get("DeploymentConfig"):
            answer["LastDeploymentConfig"] = request["DeploymentConfig"]
        return ActionResult(answer)

    return described


def update_endpoint(self: SageMakerResponse) -> ActionResult:
    """moto has no UpdateEndpoint. The endpoint keeps its name and ARN and gets the new config's variants."""
    backend = self.sagemaker_backend
    name = self._get_param("EndpointName")
    backend.describe_endpoint(name)
    config = backend.describe_endpoint_config(self._get_param("EndpointConfigName"))
    endpoint = backend.endpoints[name]
    endpoint.endpoint_config_name = config["EndpointConfigName"]
    endpoint.production_variants = endpoint._process_production_variants(config["ProductionVariants"])
    endpoint.last_modified_time = utcnow()
    request = dict(self._get_params())
    if request.get("RetainDeploymentConfig") and "DeploymentConfig" not in request:
        request["DeploymentConfig"] = getattr(endpoint, "request", {}).get("DeploymentConfig")
    endpoint.request = request  # type: ignore[attr-defined]
    return ActionResult({"EndpointArn": endpoint.arn})


class InferenceComponents:
    """Inference components of one account and region, which moto does not have at all."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}


def _components(backend: SageMakerModelBackend) -> dict[str, dict[str, Any]]:
    if not hasattr(backend, "inference_components"):
        backend.inference_components = InferenceComponents()  # type: ignore[attr-defined]
    components: InferenceComponents = backend.inference_components  # type: ignore[attr-defined]
    return components.by_name


def _component(self: SageMakerResponse) -> dict[str, Any]:
    name = self._get_param("InferenceComponentName")
    components = _components(self.sagemaker_backend)
    if name not in components:
        raise ValidationError(message=f'Could not find inference component "{name}".')
    return components[name]


def create_inference_component(self: SageMakerResponse) -> ActionResult:
    backend = self.sagemaker_backend
    request = dict(self._get_params())
    name = request["InferenceComponentName"]
    components = _components(backend)
    if name in components:
        raise ValidationError(message=f'Cannot create already existing inference component "{name}".')
    endpoint = backend.describe_endpoint(request["EndpointName"])
    now = utcnow()
    request.pop("Tags", None)
    components[name] = request | {
        "InferenceComponentArn": arn_formatter("inference-component", name, backend.account_id, backend.region_name),
        "EndpointArn": endpoint["EndpointArn"],
        "InferenceComponentStatus": "InService",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    return ActionResult({"InferenceComponentArn": components[name]["InferenceComponentArn"]})


def describe_inference_component(self: SageMakerResponse) -> ActionResult:
    component = dict(_component(self))
    # The answer has counts where the request has one wish, and an image where it has a URI.
    copies = component.get("RuntimeConfig", {}).get("CopyCount", 0)
    component["RuntimeConfig"] = {"DesiredCopyCount": copies, "CurrentCopyCount": copies}
    specification = dict(component.get("Specification", {}))
    container = dict(specification.get("Container", {}))
    if image := container.pop("Image", None):
        container["DeployedImage"] = {"SpecifiedImage": image, "ResolvedImage": image}
    if container:
        specification["Container"] = container
    component["Specification"] = specification
    return ActionResult(component)


def update_inference_component(self: SageMakerResponse) -> ActionResult:
    component = _component(self)
    component.update(self._get_params())
    component["LastModifiedTime"] = utcnow()
    return ActionResult({"InferenceComponentArn": component["InferenceComponentArn"]})


def update_inference_component_runtime_config(self: SageMakerResponse) -> ActionResult:
    """What Application Auto Scaling calls to change the number of copies."""
    component = _component(self)
    component["RuntimeConfig"] = {"CopyCount": self._get_param("DesiredRuntimeConfig")["CopyCount"]}
    component["LastModifiedTime"] = utcnow()
    return ActionResult({"InferenceComponentArn": component["InferenceComponentArn"]})


def delete_inference_component(self: SageMakerResponse) -> ActionResult:
    _component(self)
    del _components(self.sagemaker_backend)[self._get_param("InferenceComponentName")]
    return EmptyResult()


def list_inference_components(self: SageMakerResponse) -> ActionResult:
    endpoint = self._get_param("EndpointNameEquals")
    components = _components(self.sagemaker_backend).values()
    return ActionResult(
        {"InferenceComponents": [item for item in components if endpoint in (None, item["EndpointName"])]}
    )


def install() -> None:
    # moto's list of instance types is frozen in 2021; botocore's is AWS's.
    replace(FakeEndpointConfig, "validate_instance_type", _validate_instance_type(_instance_types()))
    validate_variants = _validate_variants(SageMakerModelBackend.validate_production_variants)
    replace(SageMakerModelBackend, "validate_production_variants", validate_variants)
    for create, describe, collection, name_of in (
        ("create_model", "describe_model", "_models", "ModelName"),
        ("create_endpoint_config", "describe_endpoint_config", "endpoint_configs", "EndpointConfigName"),
    ):
        replace(SageMakerResponse, create, _remembering(getattr(SageMakerResponse, create), collection, name_of))
        replace(SageMakerResponse, describe, _recalling(collection, name_of, getattr(SageMakerResponse, describe)))
    create_endpoint = _remembering(SageMakerResponse.create_endpoint, "endpoints", "EndpointName")
    replace(SageMakerResponse, "create_endpoint", create_endpoint)
    replace(SageMakerResponse, "describe_endpoint", _describe_endpoint(SageMakerResponse.describe_endpoint))
    for method in (
        update_endpoint,
        create_inference_component,
        describe_inference_component,
        update_inference_component,
        update_inference_component_runtime_config,
        delete_inference_component,
        list_inference_components,
    ):
        add(SageMakerResponse, method.__name__, method)
