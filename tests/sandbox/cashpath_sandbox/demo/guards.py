"""The steps of the demo that show what Cashpath does not do: twice, for strangers, in silence, without a trace."""

import random
from collections import Counter

import httpx

from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.demo.stage import Stage, cashpath, exceptions
from cashpath_sandbox.demo.tell import until
from cashpath_sandbox.shopify.orders import made

TIMES = 10


def sent_ten_times(at: Stage) -> None:
    """Every webhook so far, ten times over, in any order."""
    tell, eyes = at.teller, at.eyes
    tell.step(f"Every webhook of this run is sent {TIMES} times again, out of order")
    with tell.console.status("waiting until nothing is on its way and the minute's sweep has been through …"):
        restless = at.rest.reached()
    tell.check("nothing is on its way, and a sweep that began after that has been through", not restless, restless)
    before, stock, erp = eyes.writes(), eyes.stock(), eyes.touched()
    answers = Counter(at.webhooks.again(TIMES, random.Random(at.people.run)))
    said = ", ".join(f"{count} × {status}" for status, count in sorted(answers.items()))
    tell.check(f"{answers.total()} deliveries were taken ({said})", set(answers) <= {200, 202})
    restless = at.rest.drained()
    tell.check("all of them have been worked off", not restless, restless)
    after = eyes.writes()
    more = {role: after[role] - before[role] for role in before}
    tell.check("the logs of storefront, CRM and billing show no write", not any(more.values()), str(more))
    now = eyes.stock()
    tell.check("no record was added in the CRM", now == stock, f"{stock} became {now}")
    written = [kind for kind, rows in eyes.touched().items() if rows != erp[kind]]
    tell.check("Tryton created and changed nothing", not written, ", ".join(written))
    for name in ("mixed", "b2b", "edited"):
        found = Agreement.of(eyes, at.kept[name])
        tell.check(f"the {name} order: still one of each, all the same", found.holds)
    tell.check("still one party and one subscription of the first buyer", _one_each(at))


def _one_each(at: Stage) -> bool:
    parties = at.eyes.parties(at.kept["mixed party"])
    subscriptions = at.eyes.in_billing(at.kept["mixed"])
    return len(parties) == len(subscriptions) == len(at.eyes.payers(at.kept["mixed buyer"])) == 1


def forged(at: Stage) -> None:
    """An order that the shop never signed."""
    tell, eyes, hook = at.teller, at.eyes, at.world.webhooks["shop"]
    tell.step("Somebody who does not know the secret sends an order")
    body = made("plain", at.people.run * 100 + 99).body
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-Sha256": "Zm9yZ2Vk"}
    answer = httpx.post(hook["url"], json=body, headers=headers, timeout=60)
    tell.check("it is refused with 401", answer.status_code == 401, str(answer.status_code))
    restless = at.rest.drained()
    tell.check("and nothing is under way", not restless, restless)
    origin = f"shop/order/{body['id']}"
    tell.check("no system has anything of it", not eyes.in_crm(origin) and not eyes.in_erp(origin))
    told = cashpath(at.world, "trace", origin)
    tell.check("the ledger knows nothing of it", "knows nothing" in told, told)


def no_card(at: Stage) -> None:
    """A line recurs and nobody can be charged: a person is asked, and what the person does is picked up."""
    tell, eyes, people, world = at.teller, at.eyes, at.people, at.world
    tell.step("An order recurs, and its customer has no card: a person must settle it")
    buyer = people.buyer("Nora", "Ohm")
    assert buyer.email
    id = people.orders("mixed subscription", buyer)
    subject = f"shop/order/{id}"
    stuck = until(lambda: exceptions(world, subject))
    found = until(lambda: _settled(at, id)) or Agreement.of(eyes, id)
    tell.check("the order is in CRM and ERP all the same", found.holds)
    tell.check("Stripe has no subscription of it, and charges nobody", not found.billing)
    if not tell.check("`cashpath exceptions list` shows it", len(stuck) == 1, f"it shows {len(stuck)}"):
        return
    (one,) = stuck
    tell.say(f"cause   {one['cause']}")
    tell.say(f"remedy  {one['remedy']}")
    tell.check("its cause is the missing card", one["code"] == "no_payment_method", str(one["code"]))
    for payer in eyes.payers(buyer.email):
        people.adds_card(payer["id"])
    tell.say("the customer adds a card; the operator runs `cashpath exceptions redrive …`")
    tell.say(cashpath(world, "exceptions", "redrive", one["id"]).strip())
    charges = until(lambda: [row["next"] for row in eyes.in_billing(id)])
    tell.check("Stripe has the subscription now, once", charges == [1900], str(charges))
    left = until(lambda: not exceptions(world, subject))
    tell.check("nothing of it is stuck any more: it closed itself", left)
    at.kept |= {"no card": id}


def _settled(at: Stage, id: str) -> Agreement | None:
    found = Agreement.of(at.eyes, id)
    return found if found.holds else None


def traced(at: Stage) -> None:
    """What the ledger knows of the first order."""
    tell, origin = at.teller, f"shop/order/{at.kept['mixed']}"
    tell.step(f"The ledger's links and dated milestones: `cashpath trace {origin}`")
    told = cashpath(at.world, "trace", origin)
    tell.console.print(told, markup=False, highlight=False)
    for system in ("hubspot", "tryton", "stripe"):
        tell.check(f"it links the order's records in {system}", system in told)
    for milestone in ("ordered", "subscribed"):
        tell.check(f"it dates when it was {milestone}", milestone in told)
