"""Facts about Falcon on SageMaker, as data, and what follows from them alone.

The data lies in `catalog/data/*.json`, each file with its source and the date it was read.
"""

from catalog.models import MODELS, FalconModel
from catalog.regions import REGIONS, Region
from catalog.samples import Sample, samples

__all__ = ["MODELS", "REGIONS", "FalconModel", "Region", "Sample", "samples"]
