"""One Lambda function behind its alias, with a role of its own that may do nothing yet but write its log and trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.target import Target

ALIAS = "live"
RETENTION = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


@dataclass(frozen=True, kw_only=True)
class House:
    """What all functions of a stage share."""

    prefix: str
    target: Target
    layer: lambda_.ILayerVersion
    log_days: int
    stage: str


class Function(Construct):
    """`alias` is what is invoked; `role` what permissions are given to. `name` is without the stage's prefix."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        house: House,
        name: str,
        code: Path,
        timeout: int,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        self.name = name
        log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{house.prefix}-{name}",
            retention=RETENTION[house.log_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=f"{house.prefix}-{name}",
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(code)),
            runtime=house.target.runtime,
            architecture=house.target.architecture,
            layers=[house.layer],
            role=self.role,
            environment={"CASHPATH_STAGE": house.stage, "POWERTOOLS_SERVICE_NAME": name, **environment},
            timeout=Duration.seconds(timeout),
            memory_size=512,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log,
        )
        self.alias = lambda_.Alias(self, "Alias", alias_name=ALIAS, version=self.function.current_version)
