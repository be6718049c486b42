"""The CDK's own types."""

from .base import Adapter, Context, Created
from .properties import Properties, Values


class Metadata(Adapter):
    """Usage statistics of the CDK; CloudFormation itself only stores them in the template."""

    resource_type = "AWS::CDK::Metadata"

    def create(self, properties: Properties, context: Context) -> Created:
        properties.without()
        return Created(context.generated_name())

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        properties.without()
        return {}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        """There is nothing outside the template."""


ADAPTERS = (Metadata(),)
