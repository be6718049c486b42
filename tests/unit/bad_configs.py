"""Config files with errors; bad_configs.txt holds the sentences for each.

`python -m tests.unit.bad_configs` rewrites that file, to be read before it is committed: would a tired engineer know
what to type next?
"""

import tempfile
from pathlib import Path

from falconry import settings
from falconry.catalog import MODELS, REGIONS

EXPECTED = Path(__file__).with_suffix(".txt")

GOOD = """\
region: us-east-1
models:
  - name: falcon-7b-instruct
"""
CHAT_180B = """\
region: us-east-1
models:
  - name: falcon-180b-chat
    accept_license: true
"""
API = GOOD + "api:\n"
NETWORK = GOOD + "network:\n"
EXISTING = NETWORK + "  existing:\n"
VPC = "    vpc_id: vpc-0123456789abcdef0\n"
SUBNETS = "    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]\n"

BAD_CONFIGS = {
    # the file
    "empty file": "",
    "a list": "- region: us-east-1\n",
    "not YAML": "region: [us-east-1\n",
    "a tab": "region: us-east-1\nmodels:\n\t- name: falcon-7b\n",
    "key twice": GOOD + "region: us-west-2\n",
    "key twice, deep": GOOD + "    instance_count: 1\n    instance_count: 2\n",
    "nothing but a typo": "regoin: us-east-1\nmodels:\n  - name: falcon-7b\n",
    "unknown field": GOOD + "vpc: vpc-1\n",
    # region and account
    "region missing": "models:\n  - name: falcon-7b\n",
    "region unknown": GOOD.replace("us-east-1", "us-east-7"),
    "region a zone": GOOD.replace("us-east-1", "us-east-1a"),
    "region a number": GOOD.replace("us-east-1", "1"),
    "account a number": GOOD + "account: 123456789012\n",
    "account too short": GOOD + 'account: "12345"\n',
    # models
    "models missing": "region: us-east-1\n",
    "models empty": "region: us-east-1\nmodels: []\n",
    "models a mapping": "region: us-east-1\nmodels:\n  name: falcon-7b\n",
    "models a word": "region: us-east-1\nmodels: falcon-7b\n",
    "model a word": "region: us-east-1\nmodels:\n  - falcon-7b\n",
    "model without a name": "region: us-east-1\nmodels:\n  - instance_type: ml.g5.2xlarge\n",
    "model misspelled": GOOD.replace("instruct", "instrct"),
    "model's JumpStart id": GOOD.replace("falcon-7b-instruct", "huggingface-llm-falcon-7b-instruct-bf16"),
    "model of another family": GOOD.replace("falcon-7b-instruct", "llama-3-70b"),
    "model twice": GOOD + "  - name: falcon-7b-instruct\n",
    "instance type misspelled": GOOD + "    instance_type: ml.g5.2xlrge\n",
    "instance type without ml.": GOOD + "    instance_type: g5.2xlarge\n",
    "instance type unknown": GOOD + "    instance_type: ml.z9.huge\n",
    "instance type without GPU": GOOD + "    instance_type: ml.m5.large\n",
    "no instances": GOOD + "    instance_count: 0\n",
    "half an instance": GOOD + "    instance_count: 1.5\n",
    "instances in words": GOOD + "    instance_count: two\n",
    "180B without its license": CHAT_180B.replace("    accept_license: true\n", ""),
    "license a word": CHAT_180B.replace("true", "accepted"),
    "180B in bf16 on p4d": CHAT_180B + "    instance_type: ml.p4d.24xlarge\n",
    "180B in 8 bits on g5": CHAT_180B + "    instance_type: ml.g5.48xlarge\n    quantize: bitsandbytes\n",
    "quantize misspelled": CHAT_180B + "    quantize: bitsandbites\n",
    "quantize with a number": CHAT_180B + "    quantize: 8\n",
    "quantize that needs prepared weights": CHAT_180B + "    quantize: gptq\n",
    "fp8 on A100": CHAT_180B + "    quantize: fp8\n",
    "environment a list": GOOD + "    environment: [A]\n",
    "environment with a number": GOOD + "    environment: {MAX_BATCH_TOTAL_TOKENS: 4096}\n",
    "environment with a bad name": GOOD + '    environment: {"MAX-TOKENS": "1"}\n',
    "environment with words for a number": GOOD + "    environment: {MAX_CONCURRENT_REQUESTS: many}\n",
    "environment with two names of a limit": GOOD + '    environment: {MAX_INPUT_TOKENS: "1500"}\n',
    "environment without room for an answer": GOOD + '    environment: {MAX_INPUT_LENGTH: "2048"}\n',
    "environment with tokens in words": GOOD + "    environment: {MAX_TOTAL_TOKENS: 4k}\n",
    "environment against quantize": GOOD + "    environment: {HF_MODEL_QUANTIZE: bitsandbytes}\n",
    "environment with shards": GOOD + '    environment: {SM_NUM_GPUS: "4"}\n',
    "model data elsewhere": GOOD + "    model_data: s3://my-bucket/falcon\n",
    # network
    "network a word": GOOD + "network: default\n",
    "range public": NETWORK + "  cidr: 8.8.8.0/24\n",
    "range too wide": NETWORK + "  cidr: 10.0.0.0/8\n",
    "range too narrow": NETWORK + "  cidr: 10.0.0.0/28\n",
    "range with host bits": NETWORK + "  cidr: 10.0.0.5/16\n",
    "range no range": NETWORK + "  cidr: ten\n",
    "one zone": NETWORK + "  zones: 1\n",
    "many zones": NETWORK + "  zones: 6\n",
    "zone of another region": NETWORK + "  zone_names: [us-west-2a, us-west-2b]\n",
    "one zone by name": NETWORK + "  zone_names: [us-east-1a]\n",
    "zone twice": NETWORK + "  zone_names: [us-east-1a, us-east-1a]\n",
    "existing VPC without subnets": EXISTING + VPC,
    "existing VPC with one subnet": EXISTING + VPC + "    subnet_ids: [subnet-0123456789abcdef0]\n",
    "existing VPC without route tables": EXISTING + VPC + SUBNETS,
    "existing VPC by name": EXISTING + "    vpc_id: main\n" + SUBNETS + "    create_endpoints: false\n",
    "existing VPC and a range": NETWORK
    + "  cidr: 10.1.0.0/16\n  existing:\n"
    + VPC
    + SUBNETS
    + "    create_endpoints: false\n",
    # api
    "client's name": API + "  clients:\n    - name: My App\n",
    "client twice": API + "  clients:\n    - name: app\n    - name: app\n",
    "client without a name": API + "  clients:\n    - rate_per_second: 5\n",
    "rate below zero": API + "  clients:\n    - {name: app, rate_per_second: -1}\n",
    "burst beyond API Gateway": API + "  clients:\n    - {name: app, burst: 100000}\n",
    "quota of none": API + "  clients:\n    - {name: app, requests_per_month: 0}\n",
    "auth misspelled": API + "  auth: apikey\n",
    "auth iam without principals": API + "  auth: iam\n",
    "auth iam with a bad ARN": API + "  auth: iam\n  iam:\n    principals: [app]\n",
    "auth jwt without issuer": API + "  auth: jwt\n  jwt:\n    audience: [api]\n",
    "auth jwt over http": API + "  auth: jwt\n  jwt: {issuer: http://id.example.com, audience: [api]}\n",
    "playground with signatures": API
    + "  playground: true\n  auth: iam\n  iam: {principals: [arn:aws:iam::111122223333:role/app]}\n",
    "playground misspelled": API + "  playgroud: true\n",
    "playground a word": API + "  playground: maybe\n",
    "jwt without auth jwt": API + "  jwt: {issuer: https://id.example.com, audience: [api]}\n",
    "clients with iam": API
    + "  auth: iam\n  iam:\n    principals: [arn:aws:iam::111122223333:root]\n  clients: [{name: app}]\n",
    "private without endpoints": API + "  access: private\n",
    "endpoints without private": API + "  vpc_endpoint_ids: [vpce-0123456789abcdef0]\n",
    "CORS origin with a path": API + "  cors_origins: [https://app.example.com/chat]\n",
    "CORS star and more": API + '  cors_origins: ["*", https://app.example.com]\n',
    "domain as a URL": API + "  domain: {name: https://falcon.example.com, certificate_arn: arn}\n",
    "web ACL off as a word": API + "  web_acl: off please\n",
    "web ACL rate too low": API + "  web_acl: {requests_per_5_minutes: 5}\n",
    # the rest
    "tags a list": GOOD + "tags: [team]\n",
    "tag of AWS": GOOD + "tags: {aws:team: ml}\n",
    "tag with a number": GOOD + "tags: {cost-center: 4711}\n",
    "retention that CloudWatch has not": GOOD + "log_retention_days: 100\n",
    "retain_data a word": GOOD + "retain_data: maybe\n",
    "three at once": GOOD.replace("us-east-1", "us-est-1") + "    instance_count: 0\nretain_data: maybe\n",
    # operations
    "address that is none": GOOD + "operations: {page_emails: [oncall]}\n",
    "threshold above 100 %": GOOD + "operations: {alarms: {disk_percent: 120}}\n",
    "budget without a sum": GOOD + "operations: {budget: {}}\n",
    "content without an audit log": GOOD + "operations: {audit_log: {include_content: true}}\n",
    "reader that is no ARN": GOOD + "operations: {audit_log: {enabled: true, readers: [auditor]}}\n",
    # delivery
    "repository without its owner": GOOD + "delivery: {repository: falconry}\n",
    "repository as an address": GOOD + "delivery: {repository: https://github.com/example/falconry}\n",
    "environment as a pattern": GOOD + 'delivery: {repository: example/falconry, environment: "*"}\n',
}


def errors_of(text: str) -> list[str]:
    """The sentences that refuse a file with this text. The file is called prod.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prod.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            settings.load(path)
        except settings.SettingsError as error:
            return _without_lists(str(error).replace(f"{folder}/", "")).splitlines()
        return []


def _without_lists(text: str) -> str:
    """`text` without the catalog's long lists, which grow with each model and region."""
    for names, what in ((MODELS, "models"), (REGIONS, "regions")):
        text = text.replace(", ".join(sorted(names)), f"(all {what} of the catalog)")
    return text


def report() -> str:
    """Each config's name, and below it the sentences."""
    return "".join(
        f"{name}\n" + "".join(f"    {line}\n" for line in errors_of(text)) + "\n" for name, text in BAD_CONFIGS.items()
    )


if __name__ == "__main__":
    EXPECTED.write_text(report(), encoding="utf-8")
