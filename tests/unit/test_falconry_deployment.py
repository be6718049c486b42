"""What the command works out from a config: cost, throughput, changes, demand for instances."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from falconry import settings
from falconry.catalog import Weights
from falconry.deployment import cost, health
from falconry.deployment.changes import Change, changes
from falconry.deployment.contents import contents
from falconry.deployment.cost import Load
from falconry.deployment.deployed import DeployedEndpoint
from falconry.preflight.instances import demand
from falconry.settings import Model, Settings, containers

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def loaded(folder: Path, models: str, rest: str = "") -> Settings:
    path = folder / "dev.yaml"
    path.write_text(f"region: us-east-1\nmodels:\n{models}{rest}", encoding="utf-8")
    return settings.load(path, licenses_needed=False)


SEVEN = "  - {name: falcon-7b-instruct}\n"
TWO_OF_SEVEN = "  - {name: falcon-7b-instruct, instance_count: 2}\n"
CHAT = "  - {name: falcon-180b-chat}\n"


def weights_of(config: Settings, model: Model, published: str | None = None) -> Weights | None:
    bucket = config.names.artifact_bucket(ACCOUNT, config.region)
    return containers.weights(config, model, artifact_bucket=bucket, published=published)


def changed(config: Settings, deployed: dict[str, DeployedEndpoint], published: str | None = None) -> list[Change]:
    """What a deploy of `config` does, where `published` names the copy of own weights."""
    return changes(config, deployed, {model.name: weights_of(config, model, published) for model in config.models})


def as_deployed(config: Settings) -> dict[str, DeployedEndpoint]:
    """What SageMaker would say after a deploy of `config`."""
    return {
        model.name: DeployedEndpoint(
            model=model.name,
            name=config.endpoint_name(model),
            variant="AllTraffic",
            status="InService",
            failure=None,
            instance_type=model.instance_type,
            instances=model.instance_count,
            desired=model.instance_count,
            configured=model.instance_count,
            components=model.scaling.components,
            scaled=model.scaling.mode in ("target_tracking", "scheduled"),
            image=containers.image(config, model),
            environment=containers.environment(model),
            weights=getattr(weights_of(config, model), "uri", "s3://own/"),
            subnets=frozenset({"subnet-1", "subnet-2"}),
            created=NOW - timedelta(hours=10),
            changed=NOW - timedelta(hours=10),
        )
        for model in config.models
    }


def test_an_endpoint_as_the_config_wants_it_is_left_alone(tmp_path: Path) -> None:
    config = loaded(tmp_path, SEVEN + CHAT)

    kinds = [change.kind for change in changed(config, as_deployed(config))]

    assert kinds == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("models", "what", "now", "then"),
    [
        (TWO_OF_SEVEN, "instances", "1", "2"),
        (
            "  - {name: falcon-7b-instruct, instance_type: ml.g5.4xlarge}\n",
            "instance type",
            "ml.g5.2xlarge",
            "ml.g5.4xlarge",
        ),
        ("  - {name: falcon-7b-instruct, quantize: eetq}\n", "HF_MODEL_QUANTIZE", "unset", "eetq"),
        (
            "  - {name: falcon-7b-instruct, environment: {MAX_INPUT_LENGTH: '1500'}}\n",
            "MAX_INPUT_LENGTH",
            "1024",
            "1500",
        ),
    ],
)
def test_a_change_is_an_update_in_place_that_says_what_changes(
    tmp_path: Path, models: str, what: str, now: str, then: str
) -> None:
    deployed = as_deployed(loaded(tmp_path, SEVEN))

    (change,) = changed(loaded(tmp_path, models), deployed)

    assert change.kind == "updated"
    assert [(one.what, one.now, one.then) for one in change.differences] == [(what, now, then)]


def test_own_weights_are_another_place(tmp_path: Path) -> None:
    deployed = as_deployed(loaded(tmp_path, SEVEN))
    own = loaded(tmp_path, "  - {name: falcon-7b-instruct, model_data: artifact_bucket}\n")

    (change,) = changed(own, deployed, "models/falcon-7b-instruct/0f1e/,S3Prefix,None")
    (difference,) = change.differences
    assert difference.then == f"s3://falconry-dev-{ACCOUNT}-us-east-1/models/falcon-7b-instruct/0f1e/"

    # As long as no copy is published there is nothing to compare; preflight says so.
    (change,) = changed(own, deployed)
    assert change.kind == "unchanged"


def test_models_come_and_go(tmp_path: Path) -> None:
    deployed = as_deployed(loaded(tmp_path, SEVEN))

    found = changed(loaded(tmp_path, CHAT), deployed)

    assert found == [Change("falcon-180b-chat", "created"), Change("falcon-7b-instruct", "removed")]


def test_scaling_is_no_change_of_the_config(tmp_path: Path) -> None:
    # GIVEN an endpoint that autoscaling has brought to five instances
    config = loaded(tmp_path, SEVEN)
    scaled = {name: replace(one, instances=5, desired=5) for name, one in as_deployed(config).items()}

    assert [change.kind for change in changed(config, scaled)] == ["unchanged"]


@pytest.mark.parametrize(("status", "kind"), [("Updating", "blocked"), ("Failed", "blocked"), ("InService", "updated")])
def test_a_state_that_takes_no_change_is_told(tmp_path: Path, status: str, kind: str) -> None:
    deployed = as_deployed(loaded(tmp_path, SEVEN))
    deployed = {name: replace(one, status=status) for name, one in deployed.items()}

    (change,) = changed(loaded(tmp_path, TWO_OF_SEVEN), deployed)

    assert (change.kind, change.status) == (kind, status)


def test_demand_counts_old_and_new_fleet_and_the_accounts_other_endpoints(tmp_path: Path) -> None:
    # GIVEN one instance that runs, a config that wants two, and three instances elsewhere
    deployed = as_deployed(loaded(tmp_path, SEVEN))
    config = loaded(tmp_path, TWO_OF_SEVEN)
    planned = changed(config, deployed)

    need = demand(config, "ml.g5.2xlarge", deployed, planned, {"ml.g5.2xlarge": 3})

    # THEN the deploy runs the old one beside the new two, and a later update four
    assert (need.for_deploy, need.for_update) == (3 + 1 + 2, 3 + 4)


def test_demand_of_an_unchanged_deployment_is_what_runs(tmp_path: Path) -> None:
    config = loaded(tmp_path, TWO_OF_SEVEN)
    deployed = as_deployed(config)

    need = demand(config, "ml.g5.2xlarge", deployed, changed(config, deployed), {})

    assert (need.for_deploy, need.for_update) == (2, 4)


def test_price_per_token_follows_from_load_and_instances(tmp_path: Path) -> None:
    (model,) = loaded(tmp_path, SEVEN).models
    load = Load.of_tokens(100, 250)

    found = cost.throughput(model, load)

    # $1.51 an hour for 360,000 tokens an hour; at 34 ms a token, 100 tokens/s keep 3.4 requests running
    assert found.usd_per_million_tokens == pytest.approx(1.51 / 0.36, rel=0.01)
    assert found.needed_at_once == pytest.approx(3.4)
    assert (found.at_once, found.holds) == (128, True)


def test_a_load_that_does_not_fit_has_no_price_but_a_number_of_instances(tmp_path: Path) -> None:
    (model,) = loaded(tmp_path, SEVEN).models

    found = cost.throughput(model, Load.of_tokens(8000, 250))

    assert not found.holds
    assert found.usd_per_million_tokens is None
    assert found.instances_needed == 3  # 8000 * 0.034 / 128 = 2.1


def test_memory_and_the_configs_token_limit_bound_what_runs_at_once(tmp_path: Path) -> None:
    tight = "  - {name: falcon-40b-instruct, instance_type: ml.g5.12xlarge"
    (short,) = loaded(tmp_path, tight + "}\n").models
    (long,) = loaded(tmp_path, tight + ", environment: {MAX_TOTAL_TOKENS: '4096'}}\n").models

    load = Load(1000, 250)
    assert cost.throughput(short, load).at_once == 10
    assert cost.throughput(long, load).at_once == 5


def test_a_type_without_a_known_price_is_said_to_have_none(tmp_path: Path) -> None:
    config = loaded(tmp_path, "  - {name: falcon-7b-instruct, instance_type: ml.g5.4xlarge}\n")

    first, *rest = cost.standing(config)

    assert (first.usd_per_hour, first.usd_per_month) == (None, None)
    assert all(item.usd_per_hour for item in rest)


def test_existing_endpoints_and_web_acls_are_not_on_the_bill(tmp_path: Path) -> None:
    vpc = "    vpc_id: vpc-0123456789abcdef0\n    subnet_ids: [subnet-01234567, subnet-12345678]\n"
    rest = f"network:\n  existing:\n{vpc}    create_endpoints: false\napi: {{web_acl: {{enabled: false}}}}\n"

    names = [item.name for item in cost.standing(loaded(tmp_path, SEVEN, rest))]

    assert names == ["1 x ml.g5.2xlarge for falcon-7b-instruct", "3 KMS keys"]


def test_cost_so_far_begins_with_the_month_or_the_endpoint(tmp_path: Path) -> None:
    config = loaded(tmp_path, TWO_OF_SEVEN)
    (young,) = as_deployed(config).values()
    old = replace(young, created=NOW - timedelta(days=90))

    (of_young,) = health.cost_this_month([young], NOW)
    (of_old,) = health.cost_this_month([old], NOW)

    assert of_young.instance_hours == pytest.approx(2 * 10)
    assert of_young.usd == pytest.approx(2 * 10 * 1.51)
    assert of_old.instance_hours == pytest.approx(2 * 24.5 * 24)


TRACKED = """\
  - name: falcon-7b-instruct
    instance_type: %s
    scaling: {mode: target_tracking, max_instances: 4}
"""


def test_scaling_leaves_the_number_of_instances_alone(tmp_path: Path) -> None:
    deployed = as_deployed(loaded(tmp_path, TWO_OF_SEVEN))
    (change,) = changed(loaded(tmp_path, TRACKED % "ml.g5.2xlarge"), deployed)
    assert change.kind == "unchanged"


def test_another_instance_type_is_refused_while_the_model_is_scaled(tmp_path: Path) -> None:
    deployed = as_deployed(loaded(tmp_path, TRACKED % "ml.g5.2xlarge"))
    (change,) = changed(loaded(tmp_path, TRACKED % "ml.g5.4xlarge"), deployed)
    assert change.kind == "blocked"
    assert change.reason is not None
    assert "Deploy `scaling: {mode: fixed}` first" in change.reason


def test_a_model_that_is_to_scale_to_zero_gets_an_endpoint_of_another_kind(tmp_path: Path) -> None:
    zero = "  - {name: falcon-7b-instruct, scaling: {mode: scale_to_zero}}\n"
    ordinary, components = loaded(tmp_path, SEVEN), loaded(tmp_path, zero)
    for before, after in ((ordinary, components), (components, ordinary)):
        (change,) = changed(after, as_deployed(before))
        assert change.kind == "succeeded"
        (difference,) = change.differences
        assert difference.now == before.endpoint_name(before.models[0])
        assert difference.then == after.endpoint_name(after.models[0])


def test_the_bill_reckons_with_the_most_instances(tmp_path: Path) -> None:
    (item, *_) = cost.standing(loaded(tmp_path, TRACKED % "ml.g5.2xlarge"))
    assert item.name == "at most 4 x ml.g5.2xlarge for falcon-7b-instruct"
    assert item.usd_per_hour == pytest.approx(4 * 1.51, abs=0.05)


def test_the_bill_says_what_the_fewest_instances_cost(tmp_path: Path) -> None:
    asleep = CHAT + "  - {name: falcon-7b-instruct, scaling: {mode: scale_to_zero, max_instances: 4}}\n"

    assert cost.idle_instances(loaded(tmp_path, TWO_OF_SEVEN)) is None
    item = cost.idle_instances(loaded(tmp_path, TRACKED % "ml.g5.2xlarge"))
    assert item is not None
    assert item.usd_per_hour == pytest.approx(1.51, abs=0.01)
    item = cost.idle_instances(loaded(tmp_path, asleep))
    assert item is not None
    assert item.usd_per_hour == 31.56  # the one that does not sleep


def test_an_update_of_copies_needs_room_for_one_more(tmp_path: Path) -> None:
    config = loaded(tmp_path, "  - {name: falcon-7b-instruct, scaling: {mode: scale_to_zero, max_instances: 4}}\n")
    deployed = as_deployed(config)

    need = demand(config, "ml.g5.2xlarge", deployed, changed(config, deployed), {})

    assert (need.for_deploy, need.for_update) == (1, 5)
    assert "updates replace copies one by one" in contents(config)["falconry-dev-models"][-1]


def test_a_page_that_is_open_to_everybody_is_among_the_contents(tmp_path: Path) -> None:
    closed, opened = loaded(tmp_path, SEVEN), loaded(tmp_path, SEVEN, "api: {playground: true}\n")

    assert not [line for line in contents(closed)["falconry-dev-api"] if "Playground" in line]
    assert [line for line in contents(opened)["falconry-dev-api"] if line.startswith("Playground: a page")]
