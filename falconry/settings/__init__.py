"""The typed form of a config file: what a platform engineer can set, with defaults and limits.

`load(Path("config/dev.yaml"))` returns `Settings` or raises `SettingsError`, which reports every error in the file at
once: file, line, path, the value found, what is allowed, and the closest name where one looks misspelled.
"""

from falconry.settings.emulation import emulated
from falconry.settings.loading import SettingsError, config_path, load
from falconry.settings.sections.api import Api, Client, Domain, Iam, Jwt, WebAcl
from falconry.settings.sections.delivery import Delivery
from falconry.settings.sections.deployment import Settings
from falconry.settings.sections.model import MAX_STOP_SEQUENCES, MAX_TOP_N_TOKENS, Model
from falconry.settings.sections.network import ExistingVpc, Network
from falconry.settings.sections.operations import Alarms, AuditLog, Budget, Operations
from falconry.settings.sections.scaling import Scaling, Schedule
from falconry.settings.sections.update import Update

__all__ = [
    "MAX_STOP_SEQUENCES",
    "MAX_TOP_N_TOKENS",
    "Alarms",
    "Api",
    "AuditLog",
    "Budget",
    "Client",
    "Delivery",
    "Domain",
    "ExistingVpc",
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
    "WebAcl",
    "config_path",
    "emulated",
    "load",
]
