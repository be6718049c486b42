"""`falconry mirror`: weights into the deployment's own bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from falconry.names import artifact_prefix
from falconry.output import console, errors, print_json
from falconry.target import Config, Json, Local

if TYPE_CHECKING:
    from falconry.mirror.bucket import Bucket
    from falconry.mirror.layout import Copy
    from falconry.mirror.publication import Publications
    from falconry.mirror.sources import WeightsSource
    from falconry.target import Target

JUMPSTART = "jumpstart"


def mirror(
    config: Config = "",
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="MODEL", help="Default: the one with `model_data: artifact_bucket`.")
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="jumpstart (default), a folder, a .tar.gz, s3://BUCKET/PREFIX/, or hf:OWNER/NAME[@REVISION].",
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be copied.")] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Check the published copy; with --from compare every byte with the source."),
    ] = False,
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency", metavar="N", min=0, max=128, help="Parts in parallel. Default: 32 within S3, else 8."
        ),
    ] = 0,
    part_size: Annotated[
        int, typer.Option("--part-size", metavar="MIB", min=0, max=5120, help="Default: 512 within S3, else 16.")
    ] = 0,
    local: Local = False,
    json: Json = False,
) -> None:
    """Copy a model's weights into the deployment's artifact bucket.

    \b
    falconry mirror prod                            from JumpStart, within S3
    falconry mirror prod --from ~/falcon-tuned      your own, as saved
    falconry mirror prod --from hf:tiiuae/falcon-180B-chat
    falconry mirror prod --dry-run                  what would be copied
    falconry mirror prod --verify                   check what was published

    \b
    For a model with `model_data: artifact_bucket`. Deploy the network stack
    first, which creates the bucket; then mirror; then deploy the rest. You can
    stop it at any time: the same command resumes. A deploy uses a copy only
    once it is complete and checked; running endpoints keep theirs.

    \b
    Required permissions: on the bucket s3:ListBucket, GetObject, PutObject,
    ListBucketMultipartUploads, ListMultipartUploadParts, AbortMultipartUpload;
    on its key kms:GenerateDataKey and Decrypt; and ssm:PutParameter.
    """
    from falconry.target import find

    job = _job(find(config, local=local), model)
    if verify:
        _verify(job, source, json)
        return
    given = _source(job, source or JUMPSTART)
    wanted = part_size * 1024 * 1024 or given.part_size
    if wanted < 5 * 1024 * 1024:
        raise typer.BadParameter(f"{part_size} MiB: S3 needs parts of at least 5 MiB", param_hint="--part-size")
    _copy(job, given, wanted, concurrency or given.concurrency, dry_run=dry_run, json=json)


@dataclass(frozen=True)
class _Job:
    """One model of one deployment, and the bucket for its weights."""

    target: Target
    model: str
    bucket: Bucket
    publications: Publications

    @property
    def parameter(self) -> str:
        return self.target.settings.names.artifact_parameter(self.model)


def _job(target: Target, name: str) -> _Job:
    from falconry.aws_errors import translate_aws_errors
    from falconry.errors import CommandError
    from falconry.mirror.bucket import Bucket
    from falconry.mirror.publication import Publications

    own = [model.name for model in target.settings.models if model.model_data == "artifact_bucket"]
    known = [model.name for model in target.settings.models]
    if name and name not in known:
        raise CommandError(f"{name!r} is not a model of {target.settings.name}. Its models: {', '.join(known)}.")
    if not name and len(own) != 1:
        raise CommandError(_which(target.settings.name, own))
    names = target.settings.names
    parameter = names.bucket_parameter
    fix = f"Deploy the bucket first: npx cdk deploy {names.stack('network')} -c config={target.settings.name}"
    with translate_aws_errors("looking for the artifact bucket", {"ParameterNotFound": fix}):
        bucket_name = target.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    bucket = Bucket(target.client("s3", connections=64, read_timeout=300), bucket_name)
    return _Job(target, name or own[0], bucket, Publications(target.client("ssm"), bucket))


def _which(deployment: str, own: list[str]) -> str:
    """Why --model is needed, where no model or several have `model_data: artifact_bucket`."""
    if own:
        return f"{deployment} uses the artifact bucket for {' and '.join(own)}. Choose one, such as --model {own[0]}"
    return (
        f"no model of {deployment} uses the artifact bucket. Set `model_data: artifact_bucket` for it in the config; "
        "or, to copy before that, name it with --model."
    )


def _source(job: _Job, text: str) -> WeightsSource:
    from falconry.catalog import MODELS, REGIONS
    from falconry.mirror.hugging_face import HuggingFace
    from falconry.mirror.sources import LocalFiles, S3Objects

    if text == JUMPSTART:
        region = REGIONS[job.target.settings.region]
        return S3Objects(job.bucket.s3, region.jumpstart_bucket, MODELS[job.model].model_data_key)
    if text.startswith("s3://"):
        bucket, _, key = text.removeprefix("s3://").partition("/")
        return S3Objects(job.bucket.s3, bucket, key)
    if text.startswith("hf:"):
        return HuggingFace(text.removeprefix("hf:"))
    return LocalFiles(Path(text).expanduser())


def _copy(job: _Job, source: WeightsSource, part_size: int, concurrency: int, *, dry_run: bool, json: bool) -> None:
    from falconry.aws_errors import translate_aws_errors
    from falconry.mirror.layout import copy_of
    from falconry.mirror.progress import progress, size
    from falconry.mirror.publication import check_copy
    from falconry.mirror.transfer import Transfer, missing

    copy = copy_of(job.model, source.name, source.files())
    with translate_aws_errors(f"looking at s3://{job.bucket.name}/{copy.prefix}"):
        pending = missing(job.bucket, copy, part_size)
    left = sum(item.missing_bytes for item in pending)
    published = job.publications.current(job.parameter)
    report = _report(job, source, copy) | {"bytes_missing": left, "published": published == copy.published}
    if dry_run:
        _say(report, json)
        return
    if pending:
        with (
            progress(job.model, copy.size, copy.size - left) as advance,
            translate_aws_errors(f"copying to s3://{job.bucket.name}/{copy.prefix}"),
        ):
            Transfer(source, job.bucket, copy, advance).run(pending, concurrency)
    with translate_aws_errors(f"checking s3://{job.bucket.name}/{copy.prefix}"):
        manifest = check_copy(job.bucket, copy, source.name)
        job.bucket.abort_uploads(copy.prefix)
        if published != copy.published:
            job.publications.publish(job.parameter, copy, manifest)
    _say(report | {"bytes_missing": 0, "published": True}, json)
    if not json:
        console().print(f"{size(left)} copied, all files checked. {_next_step(job)}", soft_wrap=True)
        if published not in (None, copy.published):
            console().print(f"The previous copy stays until you delete it: {published.split(',')[0]}", style="dim")


def _next_step(job: _Job) -> str:
    settings = job.target.settings
    if any(model.name == job.model and model.model_data == "artifact_bucket" for model in settings.models):
        return f"The next deploy uses it: npx cdk deploy --all -c config={settings.name}"
    return f"To use it, set `model_data: artifact_bucket` for {job.model} in the config."


def _verify(job: _Job, source: str, json: bool) -> None:
    from falconry.aws_errors import translate_aws_errors
    from falconry.errors import CheckFailedError, CommandError
    from falconry.mirror.layout import copy_of, revision_of
    from falconry.mirror.publication import differences, differences_from_source

    published = job.publications.current(job.parameter)
    if published is None:
        raise CommandError(f"no copy of {job.model} is published. Copy it first: falconry mirror")
    prefix = f"{artifact_prefix(job.model)}{revision_of(published)}/"
    manifest = job.publications.manifest(f"{prefix[:-1]}.json")
    with translate_aws_errors(f"checking s3://{job.bucket.name}/{prefix}"):
        wrong = differences(job.bucket, prefix, manifest)
        if source:
            given = _source(job, source)
            wrong += differences_from_source(given, copy_of(job.model, given.name, given.files()), manifest)
    if json:
        print_json({"passed": not wrong, "problems": wrong, "prefix": prefix, "source": manifest.source})
    elif wrong:
        for one in wrong:
            errors().print(one, style="red", markup=False, soft_wrap=True)
        errors().print("Delete these files, then copy again: falconry mirror")
    else:
        console().print(
            f"{len(manifest.files)} files below {prefix} match what was copied from {manifest.source}"
            + (", byte for byte." if source else ", by S3's checksums."),
            soft_wrap=True,
        )
    if wrong:
        raise CheckFailedError


def _report(job: _Job, source: WeightsSource, copy: Copy) -> dict[str, Any]:
    return {
        "model": job.model,
        "source": source.name,
        "destination": f"s3://{job.bucket.name}/{copy.prefix}",
        "files": len(copy.files),
        "bytes": copy.size,
    }


def _say(report: dict[str, Any], json: bool) -> None:
    from falconry.mirror.progress import size

    if json:
        print_json(report)
        return
    state = "published" if report["published"] else "not published: deploys do not use it"
    for name, text in (
        ("model", report["model"]),
        ("from", report["source"]),
        ("to", report["destination"]),
        ("content", f"{report['files']} files, {size(report['bytes'])}"),
        ("missing", size(report["bytes_missing"]) if report["bytes_missing"] else "nothing"),
        ("state", state),
    ):
        console().print(f"[dim]{name:<9}[/]", end="")
        console().print(text, markup=False, soft_wrap=True)
