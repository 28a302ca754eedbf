"""A DynamoDB table as the package defines it, and who may do what with it."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from cashpath.ledger.tables import TableDefinition

READS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
# A transaction needs the right to each of its writes and checks.
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
TYPES = {"S": dynamodb.AttributeType.STRING, "N": dynamodb.AttributeType.NUMBER}


class Table(Construct):
    """`name` is what functions are told."""

    def __init__(
        self, scope: Construct, id: str, *, definition: TableDefinition, prefix: str, removal: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=f"{prefix}-{definition.name}",
            partition_key=dynamodb.Attribute(name=definition.partition, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=definition.ttl or None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=removal is RemovalPolicy.RETAIN,
            removal_policy=removal,
        )
        for index in definition.indexes:
            projection = dynamodb.ProjectionType.INCLUDE if index.carries else dynamodb.ProjectionType.KEYS_ONLY
            self.table.add_global_secondary_index(
                index_name=index.name,
                partition_key=dynamodb.Attribute(name=index.partition, type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name=index.sort, type=TYPES[index.sort_type]),
                projection_type=projection,
                non_key_attributes=list(index.carries) or None,
            )
        self.name = self.table.table_name
        self._arns = [self.table.table_arn, *(f"{self.table.table_arn}/index/{i.name}" for i in definition.indexes)]

    def may_read(self, role: iam.Role) -> None:
        """Let a function look things up, in its indexes too."""
        role.add_to_policy(iam.PolicyStatement(actions=list(READS), resources=self._arns))

    def may_write(self, role: iam.Role) -> None:
        """Let a function change items as well."""
        self.may_read(role)
        role.add_to_policy(iam.PolicyStatement(actions=list(WRITES), resources=self._arns[:1]))
