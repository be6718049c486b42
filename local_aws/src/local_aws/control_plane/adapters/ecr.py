"""ECR repositories; the CDK's bootstrap stack has one."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


class Repository(Adapter):
    resource_type = "AWS::ECR::Repository"
    name_property = "RepositoryName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("RepositoryName") or context.generated_name(256).lower()
        given = properties.only("ImageScanningConfiguration", "ImageTagMutability", "EncryptionConfiguration")
        request = {"repositoryName": name, "tags": tags_as_list(properties) or None}
        repository = context.call("ecr", "create_repository", **request, **given)["repository"]
        context.made(name)
        self._set_policies(name, properties, context)
        return Created(name, {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        of_it = {"repositoryName": physical_id}
        if scanning := properties.get("ImageScanningConfiguration"):
            context.call("ecr", "put_image_scanning_configuration", **of_it, ImageScanningConfiguration=scanning)
        mutability = properties.get("ImageTagMutability", "MUTABLE")
        context.call("ecr", "put_image_tag_mutability", **of_it, ImageTagMutability=mutability)
        self._set_policies(physical_id, properties, context)
        repository = context.call("ecr", "describe_repositories", repositoryNames=[physical_id])["repositories"][0]
        arn = repository["repositoryArn"]
        if tags := tags_as_list(properties):
            context.call("ecr", "tag_resource", resourceArn=arn, tags=tags)
        if gone := removed_tags(old, properties):
            context.call("ecr", "untag_resource", resourceArn=arn, tagKeys=gone)
        return {"Arn": arn, "RepositoryUri": repository["repositoryUri"]}

    @staticmethod
    def _set_policies(name: str, properties: Properties, context: Context) -> None:
        properties.only("EmptyOnDelete")  # used on deletion
        if lifecycle := properties.get("LifecyclePolicy"):
            text = lifecycle["LifecyclePolicyText"]
            context.call("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=text)
        if policy := properties.get("RepositoryPolicyText"):
            context.call("ecr", "set_repository_policy", repositoryName=name, policyText=policy)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        force = properties.get("EmptyOnDelete", False)
        context.call("ecr", "delete_repository", repositoryName=physical_id, force=force)


ADAPTERS = (Repository(),)
