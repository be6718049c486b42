"""Application Auto Scaling: what moto does not know of."""

from enum import Enum

import botocore.session
from moto.applicationautoscaling import models, responses


def install() -> None:
    """moto's list of scalable dimensions is years old; inference components are not on it. botocore's is AWS's."""
    model = botocore.session.get_session().get_service_model("application-autoscaling")
    dimensions = {value.upper(): value for value in model.shape_for("ScalableDimension").enum}
    known = {member.name: member.value for member in models.ScalableDimensionValueSet}
    added = [(name, value) for name, value in dimensions.items() if value not in known.values()]
    extended = Enum("ScalableDimensionValueSet", [*known.items(), *added])  # type: ignore[misc]
    for module in (models, responses):
        vars(module)["ScalableDimensionValueSet"] = extended
