"""Disagreements with the SDK's tables are found. `python -m falconry.catalog.verify` feeds it the real ones."""

from __future__ import annotations

import pytest

from falconry.catalog import CONTAINERS, MODELS, REGIONS
from falconry.catalog.verify import bucket_disagreements, gpu_disagreements, image_disagreements

TGI = CONTAINERS["tgi"]
REGISTRIES = {
    version: {name: region.image_account for name, region in REGIONS.items()} for version in ("1.4.0", "2.4.0")
}


def _uri(version: str, region: str) -> str:
    image = next(model.image for model in MODELS.values() if model.container_version == version)
    return f"{REGIONS[region].image_registry}/{image}" + ("-v2.2" if version == "2.4.0" else "")


def test_the_catalogs_own_images_agree_whatever_their_release() -> None:
    assert list(image_disagreements(TGI, REGISTRIES, _uri)) == []


@pytest.mark.parametrize(
    ("old", "new"), [("cu124", "cu125"), ("763104351884", "111122223333"), ("tgi2.4.0", "tgi2.4.1"), (".com/", ".eu/")]
)
def test_another_image_is_found(old: str, new: str) -> None:
    found = list(image_disagreements(TGI, REGISTRIES, lambda version, region: _uri(version, region).replace(old, new)))
    assert any(sentence.startswith("us-east-1: the catalog's image is 763104351884.dkr.ecr.us-") for sentence in found)


def test_a_region_that_only_one_side_knows_is_found() -> None:
    registries = {version: dict(rows) for version, rows in REGISTRIES.items()}
    registries["1.4.0"]["xx-new-1"] = "111122223333"
    del registries["2.4.0"]["eu-west-1"]
    assert list(image_disagreements(TGI, registries, _uri)) == [
        "xx-new-1: TGI 1.4.0 is known to the SDK only",
        "eu-west-1: TGI 2.4.0 is known to the catalog only",
    ]


def test_another_bucket_is_found() -> None:
    buckets = {name: region.jumpstart_bucket for name, region in REGIONS.items()}
    assert list(bucket_disagreements(buckets)) == []
    buckets["eu-west-1"] = "elsewhere"
    assert list(bucket_disagreements(buckets)) == [
        "eu-west-1: the catalog's bucket is jumpstart-cache-prod-eu-west-1, the SDK's elsewhere"
    ]


def test_another_number_of_gpus_is_found() -> None:
    assert list(gpu_disagreements({"ml.g5.48xlarge": 8})) == []
    assert list(gpu_disagreements({"ml.g5.48xlarge": 4})) == ["ml.g5.48xlarge: the catalog has 8 GPUs, the SDK 4"]
