"""The receivers: one asset, deployed once for each role, so that each may read the secrets of its own systems only."""

from collections.abc import Mapping

from constructs import Construct

from cashpath.flows.manifest import FLOWS
from cashpath.records.keys import Role
from cashpath.settings import compiled
from cashpath.settings.stage import Stage
from infra import bundle
from infra.constructs.function import Function, House
from infra.constructs.worker import may_read_secrets
from infra.kept import Kept

TIMEOUT = 10  # seconds; a vendor that waits five has given up by then


def receivers(scope: Construct, house: House, kept: Kept, stage: Stage, public_url: str) -> Mapping[Role, Function]:
    """The receiver of each role that has a system with webhooks. `public_url` is what those systems call, where it is
    not the host name that API Gateway passes on."""
    roles = compiled.receivers(stage)
    code = bundle.function("receive", {f"settings.{role}.json": compiled.receiver_slice(stage, role) for role in roles})
    found: dict[Role, Function] = {}
    for role, systems in roles.items():
        wanting = [flow for flow, facts in FLOWS.items() if facts.wants.get(role)]
        environment = {"CASHPATH_ROLE": role, "CASHPATH_QUEUES": kept.urls_of(wanting)}
        if public_url:
            environment["CASHPATH_PUBLIC_URL"] = public_url
        function = Function(
            scope,
            f"receive-{role}",
            house=house,
            name=f"receive-{role}",
            code=code,
            timeout=TIMEOUT,
            environment=environment,
        )
        may_read_secrets(function, [stage.webhook_secret(system) for system in systems])
        for flow in wanting:
            kept.queues[flow].queue.grant_send_messages(function.role)
        found[role] = function
    return found
