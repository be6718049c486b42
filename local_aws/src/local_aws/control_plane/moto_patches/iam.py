"""IAM."""

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam import models

from .patching import replace


def install() -> None:
    def account_of(access_key: str) -> str:
        # moto looks for the key in every partition, and makes an IAM with AWS's 1,300 managed policies for each that it
        # looks into: two seconds of the first request. No key is in a partition that has not been used.
        for account_id, account in list(models.iam_backends.items()):
            if any(access_key in backend.access_keys for backend in list(account.values())):
                return account_id
        return DEFAULT_ACCOUNT_ID

    replace(models, "get_account_id_from", account_of)
