"""The public address: one literal route for each system, to the receiver of its role. Nothing else answers."""

import json
from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.function import RETENTION, Function
from infra.target import Target

# A shop's flash sale is some tens of webhooks a second; vendors send again what is throttled.
THROTTLE = http.CfnStage.RouteSettingsProperty(throttling_rate_limit=100, throttling_burst_limit=200)
LOGGED = (
    "requestTime",
    "requestId",
    "routeKey",
    "status",
    "responseLength",
    "integrationErrorMessage",
    "identity.sourceIp",
)


class Webhooks(Construct):
    """`url` is the address that `/webhooks/<system>` is appended to. `receivers` are by the id of the system."""

    def __init__(self, scope: Construct, id: str, *, name: str, target: Target, log_days: int) -> None:
        super().__init__(scope, id)
        self.api = http.HttpApi(self, "Api", api_name=name, create_default_stage=False)
        log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/apigateway/{name}",
            retention=RETENTION[log_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        fields = {field: f"$context.{field}" for field in LOGGED}
        http.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=THROTTLE,
            access_log_settings=http.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(fields)
            ),
        )
        self.url = self.api.api_endpoint
        if target.endpoint:  # API Gateway's own host name means nothing on this machine
            self.url = f"{target.endpoint}/_aws/execute-api/{self.api.api_id}/$default"

    def route(self, receivers: Mapping[str, Function]) -> None:
        """Send the webhooks of each system to the receiver of its role."""
        integrations: dict[str, HttpLambdaIntegration] = {}
        for system, receiver in receivers.items():
            name = receiver.name
            integrations.setdefault(name, HttpLambdaIntegration(name, receiver.alias))
            self.api.add_routes(
                path=f"/webhooks/{system}", methods=[http.HttpMethod.POST], integration=integrations[name]
            )
