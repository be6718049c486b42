"""Buckets of other accounts that are there before anything is deployed."""

from collections.abc import Iterable

from local_aws.project import PublicBucket


def stock(buckets: Iterable[PublicBucket]) -> None:
    """Creates and fills the buckets. Call it once, before the first request."""
    from moto.s3.models import s3_backends

    for bucket in buckets:
        backend = s3_backends[bucket.owner]["aws"]
        backend.create_bucket(bucket.name, bucket.region)
        for key, value in bucket.objects.items():
            backend.put_object(bucket.name, key, value)
