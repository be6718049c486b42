"""What SageMaker's SDK reads in JumpStart's bucket: a manifest of the models, and a specification of each.

The form is that of the SDK (`sagemaker.jumpstart.types`, 2.257); the content is the catalog's. JumpStart's own
specifications say more, such as the resources of inference components; what is here suffices to choose, deploy and ask.
"""

from collections.abc import Mapping
from typing import Any

from falconry.catalog import REGIONS, CatalogModel

MANIFEST = "models_manifest.json"
PROPRIETARY_MANIFEST = "proprietary-sdk-manifest.json"

_MIN_SDK_VERSION = "2.189.0"

_START_TIMEOUT = 3600
"""Seconds for the download and for the start of the container, as the 180B model's specification has it."""

PROPRIETARY_ENTRY = {
    "model_id": "emulated-proprietary-model",
    "version": "1.0.0",
    "min_version": _MIN_SDK_VERSION,
    "spec_key": "proprietary-models/emulated-proprietary-model/proprietary_specs_1.0.0.json",
    "search_keywords": [],
}
"""JumpStart lists models of other vendors in a manifest of their own; the SDK cannot read an empty one."""


def specification_key(model: CatalogModel) -> str:
    identifier = model.jumpstart_model_id
    return f"community_models_specs/{identifier}/specs_v{model.jumpstart_version}.json"


def manifest_entry(model: CatalogModel) -> Mapping[str, Any]:
    return {
        "model_id": model.jumpstart_model_id,
        "version": model.jumpstart_version,
        "min_version": _MIN_SDK_VERSION,
        "spec_key": specification_key(model),
        "search_keywords": ["Text Generation", "falcon"],
    }


def specification(model: CatalogModel) -> Mapping[str, Any]:
    """The specification of the model, for every region."""
    variants: dict[str, dict[str, Any]] = {
        instance_type.split(".")[1]: {"regional_properties": {"image_uri": "$image"}}
        for instance_type in model.supported_instance_types
    }
    for instance_type in model.supported_instance_types:
        variables = model.environment(instance_type)
        changes = {name: value for name, value in variables.items() if model.base_environment.get(name) != value}
        if changes:
            variants[instance_type] = {"properties": {"environment_variables": changes}}
    return {
        "model_id": model.jumpstart_model_id,
        "url": f"https://huggingface.co/tiiuae/{model.name}",
        "version": model.jumpstart_version,
        "min_sdk_version": _MIN_SDK_VERSION,
        "training_supported": False,
        "incremental_training_supported": False,
        "hosting_ecr_specs": {
            "framework": model.container.sdk_framework,
            "framework_version": model.container_version,
            "py_version": "py310",
        },
        "hosting_artifact_key": model.model_data_key,
        "hosting_script_key": "source-directory-tarballs/huggingface/inference/llm/v1.0.1/sourcedir.tar.gz",
        "hosting_prepacked_artifact_key": model.model_data_key,
        "hosting_use_script_uri": False,
        "hosting_model_package_arns": {},
        "hosting_additional_data_sources": None,
        "hosting_instance_type_variants": {
            "regional_aliases": {
                region.name: {"image": f"{region.image_registry}/{model.image}"} for region in REGIONS.values()
            },
            "variants": variants,
        },
        "inference_vulnerable": False,
        "inference_dependencies": [],
        "inference_vulnerabilities": [],
        "training_vulnerable": False,
        "training_dependencies": [],
        "training_vulnerabilities": [],
        "deprecated": False,
        "inference_environment_variables": [
            {"name": name, "type": "text", "default": value, "scope": "container", "required_for_model_class": True}
            for name, value in model.base_environment.items()
        ],
        "inference_enable_network_isolation": True,
        "default_inference_instance_type": model.default_instance_type,
        "supported_inference_instance_types": list(model.supported_instance_types),
        "hosting_resource_requirements": None,
        "model_kwargs": {},
        "deploy_kwargs": {
            "model_data_download_timeout": _START_TIMEOUT,
            "container_startup_health_check_timeout": _START_TIMEOUT,
        },
        "predictor_specs": {
            "supported_content_types": ["application/json"],
            "supported_accept_types": ["application/json"],
            "default_content_type": "application/json",
            "default_accept_type": "application/json",
        },
        "hosting_eula_key": None,
        "gated_bucket": False,
    }
