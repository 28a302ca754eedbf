"""Where an order stands, as a portal's pipelines spell it. Read from the system's options. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cashpath.records.order import OrderState
from cashpath.systems.hubspot.objects import DEALS, ObjectType, Theirs

# The pipelines that every portal begins with. Deals: "Pipelines API". Orders: "Orders API", "Pipelines and stages".
DEAL_PIPELINE, OPEN, WON, LOST = "default", "appointmentscheduled", "closedwon", "closedlost"
ORDER_PIPELINE = "14a2e10e-5471-408a-906e-c51f3b04369e"
ORDER_OPEN = "4b27b500-f031-4927-9811-68a0b525cbae"
ORDER_SHIPPED = "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"
ORDER_DELIVERED = "3725360f-519b-4b18-a593-494d60a29c9f"
ORDER_CANCELLED = "3c85a297-e9ce-400b-b42e-9f16853d69d6"

OPTIONS = {
    "deal_pipeline": "pipeline",
    "deal_open": "open_stage",
    "deal_won": "won_stage",
    "deal_lost": "lost_stage",
    "order_pipeline": "order_pipeline",
    "order_open": "order_open_stage",
    "order_fulfilled": "order_fulfilled_stage",
    "order_cancelled": "order_cancelled_stage",
}


@dataclass(frozen=True, kw_only=True)
class Stages:
    """One portal's pipelines, and the stage in each for what an order can be."""

    deal_pipeline: str = DEAL_PIPELINE
    deal_open: str = OPEN
    deal_won: str = WON
    deal_lost: str = LOST
    order_pipeline: str = ORDER_PIPELINE
    order_open: str = ORDER_OPEN
    order_fulfilled: str = ORDER_SHIPPED
    order_cancelled: str = ORDER_CANCELLED

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """The stages that a system's options name, by the options' names in `OPTIONS`."""
        named = {field: options.get(option) for field, option in OPTIONS.items()}
        return cls(**{field: stage for field, stage in named.items() if stage})

    def spelled(self, type: ObjectType, state: OrderState) -> Mapping[str, str]:
        """The pipeline and stage in which a deal or an order of this state stands."""
        gone = state in ("lost", "cancelled")
        if type is DEALS:
            stage = self.deal_lost if gone else self.deal_open if state == "open" else self.deal_won
            return {"pipeline": self.deal_pipeline, "dealstage": stage}
        stage = self.order_cancelled if gone else self.order_fulfilled if state == "fulfilled" else self.order_open
        return {"hs_pipeline": self.order_pipeline, "hs_pipeline_stage": stage}

    def state_of(self, theirs: Theirs) -> OrderState:
        """The state of a deal or an order; in other pipelines than ours HubSpot's own marks of a closed deal tell."""
        if theirs.type is DEALS:
            stage = theirs.get("dealstage")
            if stage == self.deal_won or theirs.get("hs_is_closed_won") == "true":
                return "won"
            return "lost" if stage == self.deal_lost or theirs.get("hs_is_closed_lost") == "true" else "open"
        stage = theirs.get("hs_pipeline_stage")
        if stage == self.order_cancelled:
            return "cancelled"
        return "fulfilled" if stage in (self.order_fulfilled, ORDER_SHIPPED, ORDER_DELIVERED) else "open"
