"""A function that works on what the ledger knows: a flow, the sweep for missed changes, the recorder of exceptions."""

from collections.abc import Iterable, Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import bundle
from infra.constructs.function import Function, House
from infra.kept import Kept


def worker(
    scope: Construct, house: House, kept: Kept, name: str, *, timeout: int, settings: Mapping[str, str]
) -> Function:
    """The function `functions/<name>`, told where ledger, exceptions and queues are; `settings` by file name."""
    return Function(
        scope,
        name,
        house=house,
        name=name,
        code=bundle.function(name, settings),
        timeout=timeout,
        environment={
            "CASHPATH_LEDGER": kept.ledger.name,
            "CASHPATH_EXCEPTIONS": kept.exceptions.name,
            "CASHPATH_QUEUES": kept.urls,
            "CASHPATH_BULK_QUEUES": kept.bulk_urls,
            "CASHPATH_DEAD_LETTERS": kept.dead_urls,
            "CASHPATH_MATCH_KEY": kept.match_key_name,
        },
    )


def takes_notices(function: Function, queue: sqs.Queue, at_once: int) -> sources.SqsEventSource:
    """One message at a time, as many at once as the slowest vendor bears: a limit on the mapping, never reserved
    concurrency, which would throttle and so spend the retries of notices that nothing is wrong with."""
    source = sources.SqsEventSource(queue, batch_size=1, max_concurrency=at_once, report_batch_item_failures=True)
    function.alias.add_event_source(source)
    return source


def takes_dead_letters(function: Function, queues: Iterable[sqs.Queue]) -> None:
    """Everything that lands in a dead-letter queue goes to this function."""
    for queue in queues:
        function.alias.add_event_source(
            sources.SqsEventSource(queue, batch_size=10, max_concurrency=2, report_batch_item_failures=True)
        )


def may_read_secrets(function: Function, names: Iterable[str]) -> None:
    """The owner makes the systems' secrets, so only their names are known; AWS adds six characters to each."""
    arns = [
        Stack.of(function).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for name in names
    ]
    function.role.add_to_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=arns))
