"""Every resource type beyond models and API: deployed, read back through the service's own API, updated, deleted."""

import json

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.control_plane import (
    ACCOUNT,
    REGION,
    ControlPlane,
    get_att,
    parameter,
    resource,
    role,
    template,
    vpc_resources,
)


def test_a_network_is_deployed_updated_and_leaves_nothing_behind(plane: ControlPlane) -> None:
    # GIVEN a private network with endpoints, flow logs and rules
    s3_policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
    }
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    resources = vpc_resources() | {
        "Table": resource("AWS::EC2::RouteTable", {"VpcId": {"Ref": "Vpc"}}),
        "Association": resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
        ),
        "S3": resource(
            "AWS::EC2::VPCEndpoint",
            {
                "VpcId": {"Ref": "Vpc"},
                "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
                "RouteTableIds": [{"Ref": "Table"}],
                "PolicyDocument": s3_policy,
            },
        ),
        "Runtime": resource(
            "AWS::EC2::VPCEndpoint",
            {
                "VpcId": {"Ref": "Vpc"},
                "VpcEndpointType": "Interface",
                "ServiceName": f"com.amazonaws.{REGION}.sagemaker.runtime",
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [get_att("Group", "GroupId")],
                "PrivateDnsEnabled": True,
            },
        ),
        "Ingress": resource(
            "AWS::EC2::SecurityGroupIngress",
            {"GroupId": get_att("Group", "GroupId"), "SourceSecurityGroupId": get_att("Group", "GroupId"), **https},
        ),
        "Egress": resource(
            "AWS::EC2::SecurityGroupEgress",
            {"GroupId": get_att("Group", "GroupId"), "CidrIp": "10.0.0.0/16", **https},
        ),
        "Logs": resource("AWS::Logs::LogGroup", {"RetentionInDays": 30}),
        "LogRole": role("vpc-flow-logs.amazonaws.com"),
        "Flow": resource(
            "AWS::EC2::FlowLog",
            {
                "ResourceId": {"Ref": "Vpc"},
                "ResourceType": "VPC",
                "TrafficType": "ALL",
                "LogGroupName": {"Ref": "Logs"},
                "DeliverLogsPermissionArn": get_att("LogRole", "Arn"),
            },
        ),
    }
    # WHEN it is deployed
    stack = plane.deploy(template(resources))
    # THEN EC2 shows it
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    ec2 = plane.client("ec2")
    in_vpc = [{"Name": "vpc-id", "Values": [stack.physical_id("Vpc")]}]
    (subnet,) = ec2.describe_subnets(Filters=in_vpc)["Subnets"]
    assert subnet["AvailabilityZone"] == f"{REGION}a"
    endpoints = {item["VpcEndpointType"]: item for item in ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]}
    assert json.loads(endpoints["Gateway"]["PolicyDocument"]) == s3_policy
    assert endpoints["Interface"]["PrivateDnsEnabled"]
    assert ec2.describe_flow_logs(FlowLogIds=[stack.physical_id("Flow")])["FlowLogs"][0]["TrafficType"] == "ALL"
    # WHEN the endpoint's policy and the log retention change
    s3_policy["Statement"][0]["Resource"] = "arn:aws:s3:::models/*"  # type: ignore[index]
    resources["Logs"]["Properties"]["RetentionInDays"] = 60
    endpoint, group = stack.physical_id("S3"), stack.physical_id("Logs")
    stack = stack.update(template(resources))
    # THEN both are changed in place
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    assert (stack.physical_id("S3"), stack.physical_id("Logs")) == (endpoint, group)
    (described,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert json.loads(described["PolicyDocument"]) == s3_policy
    assert plane.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 60
    # WHEN the stack is deleted
    stack.delete()
    # THEN the network is gone
    assert ec2.describe_vpcs(Filters=in_vpc)["Vpcs"] == []
    assert ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"] == []
    assert ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"] == []


def test_an_encrypted_bucket_keeps_all_its_settings(plane: ControlPlane) -> None:
    deny_plain_http = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [get_att("Bucket", "Arn"), {"Fn::Sub": "${Bucket.Arn}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    bucket = {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": get_att("Key", "Arn"),
                    },
                }
            ]
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "RestrictPublicBuckets": True},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LoggingConfiguration": {"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "artifacts/"},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "tidy",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                }
            ]
        },
    }
    key_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    resources = {
        "Key": resource("AWS::KMS::Key", {"KeyPolicy": key_policy, "EnableKeyRotation": True}),
        "Alias": resource("AWS::KMS::Alias", {"AliasName": "alias/artifacts", "TargetKeyId": get_att("Key", "Arn")}),
        "Logs": resource("AWS::S3::Bucket", {"AccessControl": "LogDeliveryWrite"}),
        "Bucket": resource("AWS::S3::Bucket", bucket),
        "Policy": resource(
            "AWS::S3::BucketPolicy",
            {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny_plain_http]},
            },
        ),
    }
    stack = plane.deploy(template(resources), Tags=[{"Key": "project", "Value": "falconry"}])
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    s3, name = plane.client("s3"), stack.physical_id("Bucket")
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]["TargetPrefix"] == "artifacts/"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    # the stack's own tags reach the resource
    assert {"Key": "project", "Value": "falconry"} in s3.get_bucket_tagging(Bucket=name)["TagSet"]
    # a conditional Deny is stored, and does not deny everything
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.put_object(Bucket=name, Key="weights", Body=b"x")
    # WHEN it still has an object, THEN deleting fails and says why, as at AWS
    plane.client("cloudformation").delete_stack(StackName=stack.name)
    assert stack.status == "DELETE_FAILED"
    assert "not empty" in stack.reasons()
    for version in s3.list_object_versions(Bucket=name)["Versions"]:
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    stack.delete()
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_bucket_versioning(Bucket=name)


def test_roles_and_policies_follow_the_template(plane: ControlPlane) -> None:
    def document(action: str) -> dict[str, object]:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}

    def stack_of(action: str) -> dict[str, object]:
        roles = [{"Ref": "Role"}]
        return template(
            {
                "Role": role("lambda.amazonaws.com"),
                "Inline": resource(
                    "AWS::IAM::Policy", {"PolicyName": "inline", "PolicyDocument": document(action), "Roles": roles}
                ),
            }
        )

    stack = plane.deploy(stack_of("s3:GetObject"))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    name = stack.physical_id("Role")
    stack = stack.update(stack_of("s3:ListBucket"))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    assert stack.physical_id("Role") == name
    iam = plane.client("iam")
    inline = iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"]
    assert inline["Statement"][0]["Action"] == "s3:ListBucket"
    stack.delete()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=name)


def test_monitoring_is_deployed_and_updated_in_place(plane: ControlPlane) -> None:
    def stack_of(threshold: int) -> dict[str, object]:
        budget = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": threshold, "Unit": "USD"}}
        notification = {"ComparisonOperator": "GREATER_THAN", "NotificationType": "ACTUAL", "Threshold": 80}
        subscriber = {"SubscriptionType": "EMAIL", "Address": "ops@example.com"}
        publish = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}
        return template(
            {
                "Topic": resource("AWS::SNS::Topic", {"DisplayName": "alarms", "KmsMasterKeyId": "alias/aws/sns"}),
                "Mail": resource(
                    "AWS::SNS::Subscription",
                    {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "ops@example.com"},
                ),
                "TopicPolicy": resource(
                    "AWS::SNS::TopicPolicy",
                    {
                        "Topics": [{"Ref": "Topic"}],
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [publish]},
                    },
                ),
                "Alarm": resource(
                    "AWS::CloudWatch::Alarm",
                    {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": "Invocation5XXErrors",
                        "Statistic": "Sum",
                        "Period": 60,
                        "EvaluationPeriods": 1,
                        "Threshold": threshold,
                        "ComparisonOperator": "GreaterThanThreshold",
                        "TreatMissingData": "notBreaching",
                        "Dimensions": [{"Name": "EndpointName", "Value": "falcon"}],
                        "AlarmActions": [{"Ref": "Topic"}],
                    },
                ),
                "Dashboard": resource("AWS::CloudWatch::Dashboard", {"DashboardBody": '{"widgets":[]}'}),
                "Budget": resource(
                    "AWS::Budgets::Budget",
                    {
                        "Budget": budget,
                        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": [subscriber]}],
                    },
                ),
            }
        )

    stack = plane.deploy(stack_of(5))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    alarm = stack.physical_id("Alarm")
    stack = stack.update(stack_of(7))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    (described,) = plane.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert (described["Threshold"], described["AlarmActions"]) == (7.0, [stack.physical_id("Topic")])
    (subscription,) = plane.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "ops@example.com"
    budget = plane.client("budgets").describe_budget(AccountId=ACCOUNT, BudgetName=stack.physical_id("Budget"))
    assert float(budget["Budget"]["BudgetLimit"]["Amount"]) == 7
    stack.delete()
    assert plane.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"] == []


def test_scaling_and_schedules_are_deployed(plane: ControlPlane) -> None:
    dimension = "sagemaker:variant:DesiredInstanceCount"

    def stack_of(most: int) -> dict[str, object]:
        tracking = {
            "TargetValue": 5,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
            },
        }
        return template(
            {
                "Target": resource(
                    "AWS::ApplicationAutoScaling::ScalableTarget",
                    {
                        "ServiceNamespace": "sagemaker",
                        "ResourceId": "endpoint/falcon/variant/AllTraffic",
                        "ScalableDimension": dimension,
                        "MinCapacity": 1,
                        "MaxCapacity": most,
                    },
                ),
                "Policy": resource(
                    "AWS::ApplicationAutoScaling::ScalingPolicy",
                    {
                        "PolicyName": "requests",
                        "PolicyType": "TargetTrackingScaling",
                        "ScalingTargetId": {"Ref": "Target"},
                        "TargetTrackingScalingPolicyConfiguration": tracking,
                    },
                ),
            }
        )

    plane.client("sagemaker").create_model(ModelName="scaled", ExecutionRoleArn="arn:aws:iam::123456789012:role/any")
    variant = {"VariantName": "AllTraffic", "ModelName": "scaled", "InstanceType": "ml.g5.xlarge"}
    variants = [variant | {"InitialInstanceCount": 1}]
    plane.client("sagemaker").create_endpoint_config(EndpointConfigName="scaled", ProductionVariants=variants)
    plane.client("sagemaker").create_endpoint(EndpointName="falcon", EndpointConfigName="scaled")
    stack = plane.deploy(stack_of(2))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    stack = stack.update(stack_of(4))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    scaling = plane.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert target["MaxCapacity"] == 4
    stack.delete()
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_a_web_acl_guards_a_stage_and_a_secret_is_generated(plane: ControlPlane) -> None:
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "acl"}

    def stack_of(limit: int) -> dict[str, object]:
        rule = {
            "Name": "rate",
            "Priority": 0,
            "Action": {"Block": {}},
            "Statement": {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": "IP"}},
            "VisibilityConfig": visibility,
        }
        return template(
            {
                "Api": resource("AWS::ApiGateway::RestApi", {"Name": "guarded"}),
                "Method": resource(
                    "AWS::ApiGateway::Method",
                    {
                        "RestApiId": {"Ref": "Api"},
                        "ResourceId": get_att("Api", "RootResourceId"),
                        "HttpMethod": "GET",
                        "AuthorizationType": "NONE",
                        "Integration": {"Type": "MOCK"},
                    },
                ),
                "Deployment": resource(
                    "AWS::ApiGateway::Deployment", {"RestApiId": {"Ref": "Api"}}, DependsOn=["Method"]
                ),
                "Stage": resource(
                    "AWS::ApiGateway::Stage",
                    {"RestApiId": {"Ref": "Api"}, "StageName": "live", "DeploymentId": {"Ref": "Deployment"}},
                ),
                "Acl": resource(
                    "AWS::WAFv2::WebACL",
                    {
                        "Scope": "REGIONAL",
                        "DefaultAction": {"Allow": {}},
                        "VisibilityConfig": visibility,
                        "Rules": [rule],
                    },
                ),
                "Association": resource(
                    "AWS::WAFv2::WebACLAssociation",
                    {
                        "WebACLArn": get_att("Acl", "Arn"),
                        "ResourceArn": {
                            "Fn::Sub": "arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}"
                        },
                    },
                ),
                "Logs": resource("AWS::Logs::LogGroup", {"LogGroupName": "aws-waf-logs-falconry"}),
                "Logging": resource(
                    "AWS::WAFv2::LoggingConfiguration",
                    {"ResourceArn": get_att("Acl", "Arn"), "LogDestinationConfigs": [get_att("Logs", "Arn")]},
                ),
            }
        )

    stack = plane.deploy(stack_of(500))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    stack = stack.update(stack_of(900))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    name, identifier, scope = stack.physical_id("Acl").split("|")
    acl = plane.client("wafv2").get_web_acl(Name=name, Id=identifier, Scope=scope)["WebACL"]
    assert acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] == 900
    api = stack.physical_id("Api")
    guarded = plane.client("wafv2").get_web_acl_for_resource(
        ResourceArn=f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/live"
    )
    assert guarded["WebACL"]["ARN"] == acl["ARN"]
    stack.delete()


def test_parameters_of_the_store_change_in_place_and_are_replaced_by_a_new_name(plane: ControlPlane) -> None:
    ssm = plane.client("ssm")
    stack = plane.deploy(template({"P": parameter("one", Name="/store/a", Tags={"team": "ml"})}))
    stack = stack.update(template({"P": parameter("two", Name="/store/a")}))
    assert ssm.get_parameter(Name="/store/a")["Parameter"]["Value"] == "two"
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/store/a")["TagList"] == []
    stack = stack.update(template({"P": parameter("two", Name="/store/b")}))
    assert stack.physical_id("P") == "/store/b"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/store/a")
