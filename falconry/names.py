"""Names of a deployment's resources, log groups and parameters, for whoever creates, reads or watches them.

It imports nothing: constructs, settings, commands and tests all ask it.
"""

from __future__ import annotations

from dataclasses import dataclass

STACKS = ("network", "models", "api", "operations")
"""The stacks of every deployment, each after those that it depends on."""

DELIVERY_STACK = "delivery"
"""One more stack, for deployments with a `delivery` section. A person deploys it, never a workflow."""

METRICS_NAMESPACE = "Falconry"
"""CloudWatch namespace of the gateway function's own metrics."""

INSTANCE_METRICS_NAMESPACE = "/aws/sagemaker/Endpoints"
"""CloudWatch namespace of the instances' CPU, GPU, memory and disk (developer guide, "Monitor SageMaker AI with Amazon
CloudWatch"). SageMaker's log groups of endpoints begin with the same words."""


def function_log_group(function_name: str) -> str:
    """The log group of one of the deployment's Lambda functions."""
    return f"/falconry/{function_name}"


def endpoint_log_group(endpoint_name: str) -> str:
    """The log group to which SageMaker writes what an endpoint's containers print (developer guide, "CloudWatch Logs
    for Amazon SageMaker AI")."""
    return f"/aws/sagemaker/Endpoints/{endpoint_name}"


def component_log_group(component_name: str) -> str:
    """The log group of an inference component (developer guide, "Logs and metrics for inference components")."""
    return f"/aws/sagemaker/InferenceComponents/{component_name}"


def artifact_prefix(model: str) -> str:
    """The prefix of all copies of a model's weights in the artifact bucket."""
    return f"models/{model}/"


@dataclass(frozen=True, slots=True)
class DeploymentNames:
    """The names in one deployment. Arguments called `model`, `client` and so on are names too."""

    deployment: str

    @property
    def prefix(self) -> str:
        """The beginning of most names; the whole name of the REST API, the web ACL and the dashboard."""
        return f"falconry-{self.deployment}"

    def stack(self, kind: str) -> str:
        """The CloudFormation stack for one of `STACKS`, or for `DELIVERY_STACK`."""
        return f"{self.prefix}-{kind}"

    def endpoint(self, model: str, *, components: bool = False) -> str:
        """The SageMaker endpoint of a model: an ordinary one, or one that holds inference components."""
        return f"{self.prefix}-{model}" + ("-components" if components else "")

    def component(self, model: str) -> str:
        """The inference component of a model."""
        return f"{self.prefix}-{model}"

    @property
    def api(self) -> str:
        """The REST API."""
        return self.prefix

    @property
    def web_acl(self) -> str:
        return self.prefix

    @property
    def dashboard(self) -> str:
        return self.prefix

    @property
    def chat_function(self) -> str:
        """The gateway function."""
        return f"{self.prefix}-chat"

    @property
    def authorizer_function(self) -> str:
        """The authorizer. There is none where callers sign their requests (`auth: iam`)."""
        return f"{self.prefix}-authorizer"

    @property
    def page_function(self) -> str:
        """The function that serves the playground, where there is one."""
        return f"{self.prefix}-playground"

    @property
    def access_log_group(self) -> str:
        """The log group of API Gateway's access log."""
        return f"/falconry/{self.prefix}-access"

    def client(self, client: str) -> str:
        """The usage plan of a client, and the stack's key in it."""
        return f"{self.prefix}-{client}"

    def topic(self, severity: str) -> str:
        """The SNS topic "page" or "notice"."""
        return f"{self.prefix}-{severity}"

    def budget(self, region: str) -> str:
        """The budget. Budgets are global: the region keeps two deployments of one name apart."""
        return f"{self.prefix}-{region}"

    def role(self, kind: str) -> str:
        """The IAM role "review" or "deploy" that GitHub's workflows assume."""
        return f"{self.prefix}-{kind}"

    def artifact_bucket(self, account: str, region: str) -> str:
        """The bucket for the deployment's own weights."""
        return f"{self.prefix}-{account}-{region}"

    def audit_bucket(self, account: str, region: str) -> str:
        """The bucket of the audit log."""
        return f"{self.artifact_bucket(account, region)}-audit"

    def key_alias(self, use: str) -> str:
        """The alias of a KMS key, without its "alias/": "data", "api", "audit" or "operations"."""
        return f"falconry/{self.deployment}/{use}"

    def parameter(self, path: str) -> str:
        """An SSM parameter by its path below the deployment's own; those below here have a name of their own."""
        return f"/falconry/{self.deployment}/{path}"

    @property
    def url_parameter(self) -> str:
        """The API's base URL."""
        return self.parameter("api/url")

    @property
    def clients_path(self) -> str:
        """The path of all `key_parameter`s."""
        return self.parameter("api/clients")

    def key_parameter(self, client: str) -> str:
        """The id of the key that the stack makes for a client."""
        return f"{self.clients_path}/{client}/key-id"

    def endpoint_parameter(self, model: str) -> str:
        """The name of a model's endpoint."""
        return self.parameter(f"models/{model}/endpoint-name")

    @property
    def bucket_parameter(self) -> str:
        """The name of the artifact bucket."""
        return self.parameter("artifacts/bucket-name")

    def artifact_parameter(self, model: str) -> str:
        """The copy of a model's weights that the next deploy uses. `falconry mirror` writes it."""
        return self.parameter(f"artifacts/{model}")

    def topic_parameter(self, severity: str) -> str:
        """The ARN of the topic "page" or "notice"."""
        return self.parameter(f"operations/{severity}-topic-arn")

    @property
    def audit_reader_parameter(self) -> str:
        """The ARN of the role that reads the audit log."""
        return self.parameter("audit/reader-arn")
