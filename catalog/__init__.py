"""Facts about Falcon on SageMaker, as data, and what follows from them alone.

The data lies in `catalog/data/*.json`, each file with its source and the date it was read.
"""

from catalog.capacity import Capacity
from catalog.fit import Fit, alternatives, fit
from catalog.instance_types import ENDPOINT_QUOTA_CODES, INSTANCE_TYPES, Gpu, InstanceType, Price
from catalog.log_groups import component_log_group, endpoint_log_group
from catalog.models import MODELS, Dimensions, FalconModel
from catalog.quantizations import QUANTIZATIONS, Quantization
from catalog.refusal import why_not
from catalog.regions import REGIONS, Region
from catalog.samples import Sample, samples
from catalog.service_prices import SERVICE_PRICES, SERVICE_PRICES_READ, ServicePrices
from catalog.weights import Weights, from_jumpstart, from_publication

__all__ = [
    "ENDPOINT_QUOTA_CODES",
    "INSTANCE_TYPES",
    "MODELS",
    "QUANTIZATIONS",
    "REGIONS",
    "SERVICE_PRICES",
    "SERVICE_PRICES_READ",
    "Capacity",
    "Dimensions",
    "FalconModel",
    "Fit",
    "Gpu",
    "InstanceType",
    "Price",
    "Quantization",
    "Region",
    "Sample",
    "ServicePrices",
    "Weights",
    "alternatives",
    "component_log_group",
    "endpoint_log_group",
    "fit",
    "from_jumpstart",
    "from_publication",
    "samples",
    "why_not",
]
