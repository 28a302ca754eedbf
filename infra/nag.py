"""cdk-nag, AWS Solutions pack: what it finds is put right, or acknowledged here with the reason."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.kept import Kept
from infra.released import Released

EVERY_FUNCTION = {
    "AwsSolutions-IAM5[Resource::*]": "X-Ray takes traces for no resource in particular: xray:PutTraceSegments and "
    "xray:PutTelemetryRecords cannot be narrowed",
}
MATCH_KEY = {
    "AwsSolutions-SMG4": "a new key would make every hash that the ledger matches people by worthless; the key leaves "
    "neither AWS nor the functions that hash with it",
}
WEBHOOKS = {
    "AwsSolutions-APIG4": "vendors cannot sign in: each request carries the vendor's signature, which the receiver "
    "checks over the raw bytes before it reads them",
}


def check(app: App, kept: Kept, released: Released) -> None:
    """Let synthesis fail on every finding that has no reason here."""
    _acknowledge(kept.match_key, MATCH_KEY)
    _acknowledge(released.webhooks, WEBHOOKS)
    for function in released.functions:
        _acknowledge(function, EVERY_FUNCTION)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id, reason=reason) for id, reason in reasons.items()))
