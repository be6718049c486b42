"""S3 buckets and bucket policies."""

from collections.abc import Callable, Mapping
from typing import Any

from .base import Adapter, Context, Created
from .properties import Properties, Values, tags_as_list

_NAME_LIMIT = 63


def _encryption(value: Values) -> Values:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        by_default = rule.get("ServerSideEncryptionByDefault")
        rest = {name: item for name, item in rule.items() if name != "ServerSideEncryptionByDefault"}
        rules.append(rest | ({"ApplyServerSideEncryptionByDefault": by_default} if by_default else {}))
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _logging(value: Values) -> Values:
    target = {"TargetBucket": value.get("DestinationBucketName"), "TargetPrefix": value.get("LogFilePrefix", "")}
    rest = {name: item for name, item in value.items() if name not in ("DestinationBucketName", "LogFilePrefix")}
    return {"BucketLoggingStatus": {"LoggingEnabled": target | rest}}


# CloudFormation spells these members of a lifecycle rule differently, and has a singular and a plural of some.
_EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def _transition(value: Values, days: str) -> Values:
    names = {"TransitionInDays": days, "TransitionDate": "Date"}
    return {names.get(name, name): item for name, item in value.items()}


def _lifecycle_rule(rule: Values) -> Values:
    known: Values = {"ID": rule.get("Id"), "Status": rule["Status"]}
    given = {name: item for name, item in rule.items() if name not in ("Id", "Status")}
    if expiration := {_EXPIRATION[name]: given.pop(name) for name in list(given) if name in _EXPIRATION}:
        known["Expiration"] = expiration
    if "AbortIncompleteMultipartUpload" in given:
        known["AbortIncompleteMultipartUpload"] = given.pop("AbortIncompleteMultipartUpload")
    single = given.pop("Transition", None)
    if transitions := given.pop("Transitions", []) + ([single] if single else []):
        known["Transitions"] = [_transition(item, "Days") for item in transitions]
    single = given.pop("NoncurrentVersionTransition", None)
    if transitions := given.pop("NoncurrentVersionTransitions", []) + ([single] if single else []):
        known["NoncurrentVersionTransitions"] = [_transition(item, "NoncurrentDays") for item in transitions]
    if days := given.pop("NoncurrentVersionExpirationInDays", None):
        known["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "NoncurrentVersionExpiration" in given:
        known["NoncurrentVersionExpiration"] = given.pop("NoncurrentVersionExpiration")
    known["Filter"] = _lifecycle_filter(given)
    # What is left has no place in the request; botocore refuses it by name.
    return {name: item for name, item in (known | given).items() if item is not None}


def _lifecycle_filter(given: Values) -> Values:
    names = ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    conditions: list[Values] = [{name: given.pop(name)} for name in names if name in given]
    conditions += [{"Tag": tag} for tag in given.pop("TagFilters", [])]
    if not conditions:
        return {"Prefix": ""}
    if len(conditions) == 1:
        return conditions[0]
    both: Values = {"Tags": [item["Tag"] for item in conditions if "Tag" in item]}
    for condition in conditions:
        both |= {name: item for name, item in condition.items() if name != "Tag"}
    return {"And": {name: item for name, item in both.items() if item != []}}


def _cors(value: Values) -> Values:
    names = {"MaxAge": "MaxAgeSeconds", "Id": "ID", "ExposedHeaders": "ExposeHeaders"}
    rules = [{names.get(name, name): item for name, item in rule.items()} for rule in value["CorsRules"]]
    return {"CORSConfiguration": {"CORSRules": rules}}


def _acl(value: str) -> Values:
    """`LogDeliveryWrite` is `log-delivery-write` in the request."""
    return {"ACL": "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in value).lstrip("-")}


# Property: (what puts it, what takes it away, the request made of its value).
_PARTS: Mapping[str, tuple[str, str | None, Callable[[Any], Values]]] = {
    "AccessControl": ("put_bucket_acl", None, _acl),
    "BucketEncryption": ("put_bucket_encryption", "delete_bucket_encryption", _encryption),
    "VersioningConfiguration": (
        "put_bucket_versioning",
        None,
        lambda value: {"VersioningConfiguration": value},
    ),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        "delete_public_access_block",
        lambda value: {"PublicAccessBlockConfiguration": value},
    ),
    "OwnershipControls": (
        "put_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
        lambda value: {"OwnershipControls": value},
    ),
    "LoggingConfiguration": ("put_bucket_logging", None, _logging),
    "LifecycleConfiguration": (
        "put_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        lambda value: {"LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}},
    ),
    "CorsConfiguration": ("put_bucket_cors", "delete_bucket_cors", _cors),
}
# What an update without the property sets where there is no call that takes it away.
_NEUTRAL: Mapping[str, Values] = {
    "AccessControl": {"ACL": "private"},
    "VersioningConfiguration": {"VersioningConfiguration": {"Status": "Suspended"}},
    "LoggingConfiguration": {"BucketLoggingStatus": {}},
}


class Bucket(Adapter):
    resource_type = "AWS::S3::Bucket"
    name_property = "BucketName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("BucketName") or context.generated_name(_NAME_LIMIT).lower()
        request: Values = {"Bucket": name}
        if context.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": context.region}
        if ownership := properties.get("OwnershipControls"):
            request["ObjectOwnership"] = ownership["Rules"][0]["ObjectOwnership"]
        if "ObjectLockEnabled" in properties:
            request["ObjectLockEnabledForBucket"] = properties["ObjectLockEnabled"]
        context.call("s3", "create_bucket", **request)
        context.made(name)
        for part, (put, _, request_of) in _PARTS.items():
            if part in properties:
                context.call("s3", put, Bucket=name, **request_of(properties[part]))
        if tags := tags_as_list(properties):
            context.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags})
        return Created(name, self._attributes(name, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        for part, (put, remove, request_of) in _PARTS.items():
            if part in properties:
                context.call("s3", put, Bucket=physical_id, **request_of(properties[part]))
            elif part in old and remove:
                context.call("s3", remove, Bucket=physical_id)
            elif part in old:
                context.call("s3", put, Bucket=physical_id, **_NEUTRAL[part])
        if tags := tags_as_list(properties):
            context.call("s3", "put_bucket_tagging", Bucket=physical_id, Tagging={"TagSet": tags})
        elif old.get("Tags"):
            context.call("s3", "delete_bucket_tagging", Bucket=physical_id)
        return self._attributes(physical_id, context)

    @staticmethod
    def _attributes(name: str, context: Context) -> Values:
        return {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{context.region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{context.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{context.region}.amazonaws.com",
        }

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("s3", "delete_bucket", Bucket=physical_id)


class BucketPolicy(Adapter):
    resource_type = "AWS::S3::BucketPolicy"

    def create(self, properties: Properties, context: Context) -> Created:
        context.call("s3", "put_bucket_policy", Bucket=properties["Bucket"], Policy=properties["PolicyDocument"])
        return Created(properties["Bucket"])

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        context.call("s3", "put_bucket_policy", Bucket=physical_id, Policy=properties["PolicyDocument"])
        return {}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("s3", "delete_bucket_policy", Bucket=physical_id)


ADAPTERS = (Bucket(), BucketPolicy())
