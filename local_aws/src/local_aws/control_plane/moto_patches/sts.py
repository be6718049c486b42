"""STS."""

from moto.sts.models import AssumedRole, STSBackend, sts_backends

from .patching import replace


def install() -> None:
    def in_any_account(self: STSBackend, access_key_id: str) -> AssumedRole | None:
        # moto keeps an assumed role with its own account, and looks for it in the emulated one (MOTO_ACCOUNT_ID) only:
        # to GetCallerIdentity, whoever assumed another account's role would be nobody.
        roles = [role for account in list(sts_backends.values()) for backend in account.values()
                 for role in backend.assumed_roles]  # fmt: skip
        return next((role for role in roles if role.access_key_id == access_key_id), None)

    replace(STSBackend, "get_assumed_role_from_access_key", in_any_account)
