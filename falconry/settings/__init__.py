"""The typed form of a config file: what a platform engineer can set, with defaults and limits.

`load(Path("config/dev.yaml"))` returns `Settings` or raises `SettingsError`, which reports every error in the file at
once: file, line, path, the value found, what is allowed, and the closest name where one looks misspelled.
"""

from falconry.settings.emulation import emulated
from falconry.settings.loading import SettingsError, config_path, load
from falconry.settings.sections.api import Api, ClientSettings, Domain, Iam, Jwt, WebAclSettings
from falconry.settings.sections.delivery import Delivery
from falconry.settings.sections.deployment import Settings
from falconry.settings.sections.model import MAX_STOP_SEQUENCES, MAX_TOP_LOGPROBS, Model
from falconry.settings.sections.network import ExistingVpcSettings, Network
from falconry.settings.sections.operations import Alarms, AuditLogSettings, BudgetSettings, Operations
from falconry.settings.sections.scaling import Scaling, Schedule
from falconry.settings.sections.update import Update

__all__ = [
    "MAX_STOP_SEQUENCES",
    "MAX_TOP_LOGPROBS",
    "Alarms",
    "Api",
    "AuditLogSettings",
    "BudgetSettings",
    "ClientSettings",
    "Delivery",
    "Domain",
    "ExistingVpcSettings",
    "Iam",
    "Jwt",
    "Model",
    "Network",
    "Operations",
    "Scaling",
    "Schedule",
    "Settings",
    "SettingsError",
    "Update",
    "WebAclSettings",
    "config_path",
    "emulated",
    "load",
]
