"""What CloudFormation promises about stacks, whatever is in them: order, events, rollback, replacement, change sets."""

import json

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.control_plane import (
    REGION,
    ControlPlane,
    get_att,
    parameter,
    resource,
    template,
)

# The parameter store refuses names that begin with aws.
REFUSED = parameter("x", Name="aws-refused")


def test_functions_conditions_and_outputs_are_resolved(plane: ControlPlane) -> None:
    sections = {
        "Parameters": {"Name": {"Type": "String", "Default": "falcon"}, "Sizes": {"Type": "CommaDelimitedList"}},
        "Mappings": {"Size": {"small": {"Gib": "14"}}},
        "Conditions": {
            "Yes": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
            "No": {"Fn::Equals": [{"Ref": "Name"}, ""]},
        },
        "Outputs": {
            "Joined": {"Value": {"Fn::Join": ["-", {"Ref": "Sizes"}]}},
            "Sub": {"Value": {"Fn::Sub": ["${A}/${AWS::Region}/${!B}", {"A": {"Fn::Select": [1, {"Ref": "Sizes"}]}}]}},
            "Mapped": {"Value": {"Fn::FindInMap": ["Size", "small", "Gib"]}},
            "If": {"Value": {"Fn::If": ["Yes", {"Fn::GetAtt": "P.Value"}, "no"]}},
            "Zones": {"Value": {"Fn::Join": [",", {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}},
            "Secret": {"Value": "{{resolve:ssm:/functions/p}}", "Condition": "Yes"},
            "Absent": {"Value": "x", "Condition": "No"},
        },
    }
    resources = {
        "P": parameter("v", Name="/functions/p", Description={"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}),
        "Q": parameter("v", Name="/functions/q") | {"Condition": "No"},
    }
    stack = plane.deploy(
        template(resources, **sections), Parameters=[{"ParameterKey": "Sizes", "ParameterValue": "7b,40b"}]
    )
    assert stack.outputs() == {
        "Joined": "7b-40b",
        "Sub": f"40b/{REGION}/${{B}}",
        "Mapped": "14",
        "If": "v",
        "Zones": ",".join(f"{REGION}{letter}" for letter in "abc"),
        "Secret": "v",
    }
    with pytest.raises(ClientError, match="ParameterNotFound"):
        plane.client("ssm").get_parameter(Name="/functions/q")


def test_events_tell_the_progress_of_each_resource(plane: ControlPlane) -> None:
    stack = plane.deploy(template({"B": parameter("b", Description={"Ref": "A"}), "A": parameter("a")}))
    events = [(name, status) for name, status, _ in stack.events() if name in "AB"]
    assert events == [
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
        ("B", "CREATE_IN_PROGRESS"),
        ("B", "CREATE_COMPLETE"),
    ]


def test_an_unknown_type_fails_the_stack_by_name_and_makes_nothing(plane: ControlPlane) -> None:
    resources = {"A": parameter("a", Name="/unknown/a"), "Db": resource("AWS::Neptune::DBCluster")}
    stack = plane.deploy(template(resources))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "does not support the resource type AWS::Neptune::DBCluster" in stack.reasons()
    with pytest.raises(ClientError, match="ParameterNotFound"):
        plane.client("ssm").get_parameter(Name="/unknown/a")


@pytest.mark.parametrize(
    ("kind", "properties", "reason"),
    [
        ("AWS::SSM::Parameter", {"Type": "String", "Value": "x", "Colour": "red"}, "unsupported property Colour"),
        ("AWS::SSM::Parameter", {"Type": "String"}, "Missing required properties Value"),
        (
            "AWS::S3::Bucket",
            {"WebsiteConfiguration": {"IndexDocument": "i"}},
            "does not carry ['WebsiteConfiguration']",
        ),
        ("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Color": 1}]}}, "Color"),
    ],
)
def test_a_property_that_would_be_lost_is_refused_by_name(
    plane: ControlPlane, kind: str, properties: dict[str, object], reason: str
) -> None:
    buckets = plane.client("s3").list_buckets()["Buckets"]
    cloudformation = plane.client("cloudformation")
    name = f"refused-{abs(hash(reason))}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template({"R": resource(kind, properties)})))
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any(reason in event.get("ResourceStatusReason", "") for event in events)
    assert plane.client("s3").list_buckets()["Buckets"] == buckets  # a half-made bucket is taken back


def test_a_failed_create_is_rolled_back_and_a_failed_stack_can_be_deleted(plane: ControlPlane) -> None:
    resources = {"A": parameter("a", Name="/create/a"), "Z": REFUSED | {"DependsOn": "A"}}
    stack = plane.deploy(template(resources))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "aws" in stack.reasons()
    with pytest.raises(ClientError, match="ParameterNotFound"):
        plane.client("ssm").get_parameter(Name="/create/a")
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        stack.update(template({"A": parameter("a")}))
    stack.delete()
    with pytest.raises(ClientError, match="does not exist"):
        plane.client("cloudformation").describe_stacks(StackName=stack.name)


def test_a_failed_update_restores_every_resource(plane: ControlPlane) -> None:
    ssm = plane.client("ssm")
    before = {
        "Changed": parameter("old", Name="/update/changed"),
        "Renamed": parameter("old", Name="/update/old-name"),
        "Removed": parameter("old", Name="/update/removed"),
    }
    stack = plane.deploy(template(before))
    after = {
        "Changed": parameter("new", Name="/update/changed"),
        "Renamed": parameter("new", Name="/update/new-name"),
        "Added": parameter("new", Name="/update/added"),
        "Z": REFUSED | {"DependsOn": ["Changed", "Renamed", "Added"]},
    }
    stack = stack.update(template(after))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    found = {item["Name"]: item["Value"] for item in ssm.get_parameters_by_path(Path="/update")["Parameters"]}
    assert found == {"/update/changed": "old", "/update/old-name": "old", "/update/removed": "old"}
    # and the stack goes on from what it had
    stack = stack.update(template(before | {"Added": parameter("new", Name="/update/added")}))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    stack.delete()
    assert ssm.get_parameters_by_path(Path="/update")["Parameters"] == []


def test_a_replacement_is_made_before_the_old_one_goes_and_its_users_follow(plane: ControlPlane) -> None:
    def stack_of(name: str) -> dict[str, object]:
        return template({"Old": parameter("x", Name=name), "User": parameter({"Ref": "Old"}, Name="/replace/user")})

    stack = plane.deploy(stack_of("/replace/one"))
    stack = stack.update(stack_of("/replace/two"))
    events = [(name, status) for name, status, _ in stack.events() if name in ("Old", "User")]
    last = events[-6:]
    assert last == [
        ("Old", "UPDATE_IN_PROGRESS"),
        ("Old", "UPDATE_COMPLETE"),
        ("User", "UPDATE_IN_PROGRESS"),
        ("User", "UPDATE_COMPLETE"),
        ("Old", "DELETE_IN_PROGRESS"),
        ("Old", "DELETE_COMPLETE"),
    ]
    assert plane.client("ssm").get_parameter(Name="/replace/user")["Parameter"]["Value"] == "/replace/two"


def test_retained_resources_stay_and_protected_stacks_too(plane: ControlPlane) -> None:
    cloudformation = plane.client("cloudformation")
    stack = plane.deploy(template({"A": parameter("a", Name="/retain/a") | {"DeletionPolicy": "Retain"}}))
    cloudformation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=stack.name)
    cloudformation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    stack.delete()
    assert ("A", "DELETE_SKIPPED", "") in stack.events()
    assert plane.client("ssm").get_parameter(Name="/retain/a")["Parameter"]["Value"] == "a"


def test_change_sets_belong_to_their_stack_and_tell_replacements(plane: ControlPlane) -> None:
    # GIVEN two stacks with a change set of the same name
    cloudformation = plane.client("cloudformation")
    one = plane.deploy(template({"A": parameter("a", Name="/changes/one")}))
    two = plane.deploy(template({"A": parameter("a", Name="/changes/two")}))
    for stack, new in ((one, "/changes/one-renamed"), (two, "/changes/two")):
        cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName="preview",
            TemplateBody=json.dumps(template({"A": parameter("b", Name=new), "B": parameter({"Ref": "A"})})),
        )
    # THEN each tells its own stack's changes
    changes = {
        stack.name: [
            (change["ResourceChange"]["Action"], change["ResourceChange"].get("Replacement"))
            for change in cloudformation.describe_change_set(StackName=stack.name, ChangeSetName="preview")["Changes"]
        ]
        for stack in (one, two)
    }
    assert changes == {one.name: [("Modify", "True"), ("Add", None)], two.name: [("Modify", "False"), ("Add", None)]}
    # AND deleting one, twice, neither fails nor touches the other
    for _ in range(2):
        cloudformation.delete_change_set(StackName=one.name, ChangeSetName="preview")
    assert cloudformation.list_change_sets(StackName=one.name)["Summaries"] == []
    assert len(cloudformation.list_change_sets(StackName=two.name)["Summaries"]) == 1


def test_a_change_set_without_changes_says_so(plane: ControlPlane) -> None:
    cloudformation = plane.client("cloudformation")
    unchanged = template({"A": parameter("a")})
    stack = plane.deploy(unchanged)
    cloudformation.create_change_set(
        StackName=stack.name, ChangeSetName="again", TemplateBody=json.dumps(unchanged, indent=1)
    )
    change_set = cloudformation.describe_change_set(StackName=stack.name, ChangeSetName="again")
    assert change_set["Status"] == "FAILED"
    assert "didn't contain changes" in change_set["StatusReason"]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName=stack.name, TemplateBody=json.dumps(unchanged))


def test_stacks_bound_by_the_parameter_store_follow_its_values(plane: ControlPlane) -> None:
    ssm = plane.client("ssm")
    ssm.put_parameter(Name="/bound/vpc", Value="vpc-1", Type="String")
    bound = template(
        {"A": parameter({"Ref": "Vpc"}, Name="/bound/copy")},
        Parameters={"Vpc": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/bound/vpc"}},
    )
    stack = plane.deploy(bound)
    assert ssm.get_parameter(Name="/bound/copy")["Parameter"]["Value"] == "vpc-1"
    ssm.put_parameter(Name="/bound/vpc", Value="vpc-2", Type="String", Overwrite=True)
    stack = stack.update(bound, Parameters=[{"ParameterKey": "Vpc", "UsePreviousValue": True}])
    assert ssm.get_parameter(Name="/bound/copy")["Parameter"]["Value"] == "vpc-2"
    (described,) = stack.described()["Parameters"]
    assert (described["ParameterValue"], described["ResolvedValue"]) == ("/bound/vpc", "vpc-2")


def test_an_export_is_imported_and_cannot_go_while_it_is_used(plane: ControlPlane) -> None:
    exporting = plane.deploy(
        template(
            {"A": parameter("a", Name="/export/a")},
            Outputs={"Name": {"Value": {"Ref": "A"}, "Export": {"Name": "the-name"}}},
        )
    )
    importing = plane.deploy(template({"B": parameter({"Fn::ImportValue": "the-name"}, Name="/export/b")}))
    assert plane.client("ssm").get_parameter(Name="/export/b")["Parameter"]["Value"] == "/export/a"
    with pytest.raises(ClientError, match="in use by"):
        plane.client("cloudformation").delete_stack(StackName=exporting.name)
    importing.delete()
    exporting.delete()
    exports = plane.client("cloudformation").list_exports()["Exports"]
    assert "the-name" not in [export["Name"] for export in exports]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{not json", "neither JSON nor YAML"),
        (json.dumps({"Resources": {}, "Transform": "AWS::Serverless-2016-10-31"}), "Transform"),
        (json.dumps(template({"A": parameter({"Ref": "Nothing"})})), "Unresolved resource dependencies"),
        (json.dumps(template({"A": parameter({"Ref": "B"}), "B": parameter({"Ref": "A"})})), "Circular dependency"),
        (json.dumps(template({"A": parameter("a")}, Parameters={"P": {"Type": "String"}})), "must have values"),
    ],
)
def test_a_bad_template_is_refused_with_its_reason(plane: ControlPlane, body: str, reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        plane.client("cloudformation").create_stack(StackName="bad", TemplateBody=body)


def test_a_missing_attribute_is_named(plane: ControlPlane) -> None:
    stack = plane.deploy(template({"A": parameter("a"), "B": parameter(get_att("A", "Colour"))}))
    assert "Requested attribute Colour does not exist for AWS::SSM::Parameter" in stack.reasons()


def test_yaml_with_short_forms_is_read(plane: ControlPlane) -> None:
    body = """
Resources:
  A:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: 2026-01-01}
Outputs:
  O:
    Value: !Sub '${AWS::StackName}/${A.Value}'
"""
    plane.client("cloudformation").create_stack(StackName="yaml", TemplateBody=body)
    (stack,) = plane.client("cloudformation").describe_stacks(StackName="yaml")["Stacks"]
    assert stack["Outputs"][0]["OutputValue"] == "yaml/2026-01-01"
