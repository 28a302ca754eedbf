"""The only composition root: opens settings, ledger, queues and systems for a function, on first use, and keeps them.

A handler calls `wire("<flow>")` and nothing else. Vendors' packages are imported when a notice first needs them.
"""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path
from random import SystemRandom
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cashpath.aws.queues import Queues
from cashpath.aws.secrets import Secrets
from cashpath.brakes import Connect
from cashpath.bulk.message import MOST, unpacked
from cashpath.flows.manifest import FLOWS
from cashpath.ledger.erasures import Erasures
from cashpath.ledger.exceptions import Exceptions
from cashpath.ledger.ledger import Ledger
from cashpath.notice import Notice
from cashpath.preview import preview
from cashpath.records.keys import SystemId
from cashpath.report import as_log_line, report, report_ended
from cashpath.runner import Queues as Sending
from cashpath.runner import Runner
from cashpath.settings.slices import FlowSlice
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import System
from cashpath.systems.registry import connector

ENDING = timedelta(seconds=30)  # before its function's timeout the comparison ends: the slowest request, and a page

if TYPE_CHECKING:
    from cashpath.bulk.handler import Bulk
    from cashpath.comparison import Comparison
    from cashpath.reconcile import Reconcile


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Parts:
    """What a function is made of, each opened on first use and kept for the life of the warm Lambda."""

    def __init__(self, settings: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._file = settings
        self._environment = environment
        self._systems: dict[SystemId, System] = {}

    @cached_property
    def settings(self) -> FlowSlice:
        return FlowSlice.load(self._file)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets()

    @cached_property
    def dynamodb(self) -> Any:
        """One client for both tables: a second one would open a connection of its own. Each pass of a bulk message
        needs a connection."""
        import boto3
        from botocore.config import Config

        return boto3.client("dynamodb", config=Config(max_pool_connections=MOST))

    @cached_property
    def ledger(self) -> Ledger:
        table = self._environment["CASHPATH_LEDGER"]
        return Ledger(table, now=now, match_key=self._match_key, client=self.dynamodb)

    @cached_property
    def exceptions(self) -> Exceptions:
        return Exceptions(self._environment["CASHPATH_EXCEPTIONS"], now=now, client=self.dynamodb)

    @cached_property
    def erasures(self) -> Erasures | None:
        """The list of erasures; None for a flow that erases nobody."""
        table = self._environment.get("CASHPATH_ERASURES")
        return Erasures(table, now=now, client=self.dynamodb) if table else None

    @cached_property
    def queues(self) -> Queues:
        return Queues.from_environment(self._environment)

    def connect(self, id: SystemId) -> System:
        """The connector of a system."""
        if id not in self._systems:
            system = self.settings.systems[id]

            def secret(fresh: bool = False) -> Secret:
                return self.secrets.get(system.secret, fresh=fresh)

            self._systems[id] = connector(system.vendor)(
                Connection(
                    id=id,
                    options=system.options,
                    secret=secret,
                    now=now,
                    sleep=time.sleep,
                    mapping=FieldMap.of_settings(system.fields),
                )
            )
        return self._systems[id]

    def runner(self, flow: ModuleType, connect: Connect | None = None, queues: Sending | None = None) -> Runner:
        """The runner of a flow's module."""
        return Runner(
            self.settings,
            flow,
            ledger=self.ledger,
            exceptions=self.exceptions,
            queues=queues or self.queues,
            connect=connect or self.connect,
            now=now,
            rng=SystemRandom(),
            erasures=self.erasures,
        )

    def bulk(self, flow: ModuleType, warn: Callable[[str], object]) -> "Bulk":
        """What handles the bulk messages of a flow's module."""
        from cashpath.bulk.handler import Bulk

        timeout = FLOWS[self.settings.flow].timeout
        runner = partial(self.runner, flow)
        return Bulk(runner, connect=self.connect, queues=self.queues, now=now, timeout=timeout, warn=warn)

    @cached_property
    def reconcile(self) -> "Reconcile":
        """The sweep for missed changes."""
        from cashpath.reconcile import Reconcile

        return Reconcile(self.settings, ledger=self.ledger, queues=self.queues, connect=self.connect, now=now)

    def comparison(self) -> "Comparison":
        """The nightly comparison."""
        from cashpath.comparison import Comparison

        return Comparison(
            self.settings,
            ledger=self.ledger,
            queues=self.queues,
            connect=self.connect,
            now=now,
            sleep=time.sleep,
            rng=SystemRandom(),
        )

    def _match_key(self) -> bytes:
        return self.secrets.get(self._environment["CASHPATH_MATCH_KEY"])["key"].encode()


Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]


def wire(flow: str) -> Handler:
    """The handler of a flow's Lambda: notices from its queue, one by one, bulk messages from the other, or a preview
    or a comparison asked for by an operator.

    A notice that raises is reported as a failed item, so that SQS sends it again and, in the end, to the dead-letter
    queue (Powertools, "Batch processing", partial failure reporting).
    """
    from aws_lambda_powertools import Logger, Metrics, Tracer
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    parts = _parts()
    logger, metrics = Logger(service=flow, json_serializer=as_log_line), Metrics(namespace="Cashpath", service=flow)
    tracer = Tracer(service=flow, patch_modules=["botocore", "httpx"])
    module = import_module(f"cashpath.flows.{flow}")
    processor = BatchProcessor(event_type=EventType.SQS)
    bulk = cache(lambda: parts.bulk(module, logger.warning))

    @tracer.capture_method(capture_response=False)
    def one(record: SQSRecord) -> None:
        notices = unpacked(record.body)
        if notices is not None:
            for ended in bulk().handle(notices, _traced(tracer)):
                report_ended(logger, metrics, ended)
            return
        notice = Notice.from_json(record.body)
        outcome = parts.runner(module).handle(notice)
        report(logger, metrics, notice, outcome)

    def handler(event: Event, context: Any) -> Any:
        if "preview" in event:
            return preview(parts.runner(module), event["preview"])
        if "drift" in event:
            from cashpath import drift

            return drift.answer(parts.runner(module), event["drift"])
        return process_partial_response(event=event, record_handler=one, processor=processor, context=context)

    return metrics.log_metrics(handler)


def _traced(tracer: Any) -> Callable[[], object]:
    """What makes a thread's requests part of the trace of this one (AWS X-Ray SDK for Python, "Tracing segments and
    subsegments in a multithreaded environment")."""
    if tracer.disabled:
        return lambda: None
    here = tracer.provider.get_trace_entity()
    return lambda: tracer.provider.set_trace_entity(here)


def wire_reconcile() -> Handler:
    """The handler of reconcile's Lambda. Its event names the systems to ask, and since when where that matters; or it
    asks for the comparison of all, `{"all": true}`, which ends in time to say how far it came."""
    from aws_lambda_powertools import Logger, Metrics

    parts = _parts()
    logger = Logger(service="reconcile", json_serializer=as_log_line)
    metrics = Metrics(namespace="Cashpath", service="reconcile")

    def handler(event: Event, context: Any) -> Any:
        if event.get("all"):
            rest = timedelta(milliseconds=context.get_remaining_time_in_millis()) - ENDING
            walked = parts.comparison().run(now() + rest)
            logger.info("compared", extra={"sent": walked.sent, "left": walked.left})
            return {"sent": walked.sent, "left": walked.left}
        from cashpath.reconcile import Asked

        sent = parts.reconcile.sweep(Asked.of(event, parts.settings))
        metrics.add_metric(name="Swept", unit="Count", value=1)
        logger.info("swept", extra={"sent": sent})
        return {"sent": sent}

    return metrics.log_metrics(handler)


def _parts() -> Parts:
    return Parts(Path(os.environ["LAMBDA_TASK_ROOT"]) / "settings.json")  # where Lambda unpacks the function's code
