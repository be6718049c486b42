"""Facts about Falcon on SageMaker, as data, and what follows from them alone.

The data lies in `falconry/catalog/data/*.json`, each file with its source and the date it was read.
"""

from falconry.catalog.capacity import Capacity
from falconry.catalog.containers import CONTAINERS, Container, container_of
from falconry.catalog.fit import MemoryFit, alternatives, fit
from falconry.catalog.instance_types import ENDPOINT_QUOTA_CODES, INSTANCE_TYPES, Gpu, InstanceType, Price
from falconry.catalog.models import MODELS, CatalogModel, Dimensions
from falconry.catalog.quantizations import QUANTIZATIONS, Quantization
from falconry.catalog.regions import REGIONS, Region
from falconry.catalog.samples import Sample, samples
from falconry.catalog.service_prices import SERVICE_PRICES, SERVICE_PRICES_READ, ServicePrices
from falconry.catalog.unsupported import unsupported_reason
from falconry.catalog.weights import Weights, from_jumpstart, from_publication

__all__ = [
    "CONTAINERS",
    "ENDPOINT_QUOTA_CODES",
    "INSTANCE_TYPES",
    "MODELS",
    "QUANTIZATIONS",
    "REGIONS",
    "SERVICE_PRICES",
    "SERVICE_PRICES_READ",
    "Capacity",
    "CatalogModel",
    "Container",
    "Dimensions",
    "Gpu",
    "InstanceType",
    "MemoryFit",
    "Price",
    "Quantization",
    "Region",
    "Sample",
    "ServicePrices",
    "Weights",
    "alternatives",
    "container_of",
    "fit",
    "from_jumpstart",
    "from_publication",
    "samples",
    "unsupported_reason",
]
