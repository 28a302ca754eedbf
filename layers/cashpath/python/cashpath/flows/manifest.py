"""Which flow wants which kinds of record from which role, and what it needs. Data only, standard library only.

The receiver's routing, the infrastructure, `reconcile` and the settings' checks all read this one table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashpath.records.keys import Kind, Role


@dataclass(frozen=True, kw_only=True)
class FlowFacts:
    """`wants`: the kinds whose changes concern the flow, by the role of the system that they changed in.
    `writes`: the kinds it writes, by role: synthesis fails where a brand's system lacks one. `timeout`: seconds a
    pass may take; leases and claims outlast it. `at_once`: how many passes may run at the same moment, `bulk_at_once`:
    how many bulk messages besides. `reads_all`: a pass reads the record wherever it is, so that it ends the notices of
    all those systems."""

    wants: Mapping[Role, frozenset[Kind]]
    writes: Mapping[Role, frozenset[Kind]] = field(default_factory=dict)
    timeout: int = 60
    at_once: int = 4
    bulk_at_once: int = 2  # the fewest that a mapping may be limited to (Lambda, "Using Lambda with Amazon SQS")
    reads_all: bool = False


FLOWS: Mapping[str, FlowFacts] = {
    "sync_customers": FlowFacts(
        wants={
            "storefront": frozenset({"customer", "company"}),
            "crm": frozenset({"customer", "company"}),
            "billing": frozenset({"customer"}),
            "erp": frozenset({"customer", "company"}),
        },
        writes={
            "crm": frozenset({"customer", "company"}),
            "billing": frozenset({"customer"}),
            "erp": frozenset({"customer", "company"}),
        },
        reads_all=True,
    ),
    "sync_catalog": FlowFacts(
        wants={
            "storefront": frozenset({"product", "variant"}),
            "crm": frozenset({"variant"}),
            "billing": frozenset({"variant"}),
            "erp": frozenset({"product", "variant"}),
        },
        writes={
            "crm": frozenset({"variant"}),
            "billing": frozenset({"variant"}),
            "erp": frozenset({"variant"}),
        },
        reads_all=True,
    ),
    "create_orders": FlowFacts(
        wants={
            "storefront": frozenset({"order"}),
            "crm": frozenset({"order"}),
            "billing": frozenset({"subscription"}),
            "erp": frozenset({"order"}),
        },
        writes={
            "crm": frozenset({"customer", "company", "order"}),
            "billing": frozenset({"customer", "variant", "subscription"}),
            "erp": frozenset({"customer", "company", "variant", "order"}),
        },
    ),
}
