"""Orders to try Cashpath with: one for each oddity of real shops, and random ones, with what must be read of each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from cashpath_sandbox.shopify.basket import Basket, Item, Made, Person, Tax
from cashpath_sandbox.shopify.placed import order

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

_MUG = Item(title="Mug", sku="MUG", price=1490, quantity=2)
_TEA = Item(title="Sencha 100 g", sku="SENCHA-100", price=895, quantity=3)
_MONTHLY = {"id": 690_001, "name": "Deliver every month", "interval": "month", "interval_count": 1}
_BILLED = [
    {"namespace": "cashpath", "key": "biller", "value": "billing"},
    {"namespace": "cashpath", "key": "interval", "value": "month"},
    {"namespace": "cashpath", "key": "interval_count", "value": "1"},
]
_SALES_TAX = (Tax(title="NY State Tax", rate="0.04"), Tax(title="NYC City Tax", rate="0.045"))
_COMPANY = {"id": 910_001, "location_id": 920_001, "name": "Kontor Nord GmbH", "tax_registration_id": "DE811569869"}
_BOX = Item(title="Tea of the month", sku="BOX", price=2400, plan=_MONTHLY)
_CARE = Item(title="Machine care", sku="CARE", price=1900, shipped=False, metafields=_BILLED)


def _plain() -> Basket:
    return Basket(items=[_MUG, _TEA])


def _us() -> Basket:
    buyer = Person(first="Grace", last="Hill", email="grace@example.org", country="US")
    return Basket(items=[_MUG, _TEA], currency="USD", taxes=_SALES_TAX, included=False, buyer=buyer)


CASES: Mapping[str, Callable[[], Basket]] = {
    "plain": _plain,
    "tax excluded": _us,
    "b2b": lambda: Basket(
        items=[replace(_TEA, quantity=40)],
        included=False,
        buyer=Person(first="Jan", last="Peters", email="einkauf@kontor-nord.example", company=_COMPANY),
    ),
    "order discount": lambda: Basket(items=[_MUG, _TEA], off=1000),
    "order discount, tax excluded": lambda: replace(_us(), off=1001),
    "line discount": lambda: Basket(items=[replace(_MUG, off=497), _TEA]),
    "both discounts": lambda: Basket(items=[replace(_MUG, off=333), _TEA], off=777, shipping_off=490),
    "usd": lambda: replace(_us(), items=[_MUG]),
    "jpy": lambda: Basket(
        items=[replace(_MUG, price=1800), replace(_TEA, price=995)],
        currency="JPY",
        taxes=(Tax(title="消費税", rate="0.10"),),
        shipping=600,
        buyer=Person(first="花子", last="山田", email="hanako@example.jp", country="JP"),
    ),
    "kwd": lambda: Basket(
        items=[replace(_MUG, price=4_750), replace(_TEA, price=2_125)],
        currency="KWD",
        taxes=(Tax(rate="0.05"),),
        included=False,
        shipping=1_500,
        buyer=Person(first="Noor", last="Al-Sabah", email="noor@example.com.kw", country="KW"),
    ),
    "presentment": lambda: replace(_us(), shop_currency="EUR", rate="2"),
    "presentment, odd rate": lambda: replace(_us(), shop_currency="EUR", rate="0.9237", off=501),
    "gift card sold": lambda: Basket(
        items=[_MUG, Item(title="Gift card", sku="GIFT-50", price=5000, gift_card=True, taxed=False, shipped=False)]
    ),
    "gift card redeemed": lambda: Basket(items=[_MUG, _TEA], gift_card=2500),
    "tip": lambda: Basket(items=[_MUG], tip=300),
    "duties": lambda: replace(_us(), items=[replace(_MUG, duty=412), replace(_TEA, duty=93)]),
    "fee": lambda: Basket(items=[_TEA], fee=75),
    "cash rounding": lambda: Basket(
        items=[replace(_MUG, price=1493, quantity=1)], shipping=None, rounding=2, gateway="cash", source="pos"
    ),
    "marketplace tax": lambda: replace(
        _us(), taxes=(Tax(title="Marketplace tax", rate="0.07", channel_liable=True),), source="amazon-us"
    ),
    "free": lambda: Basket(items=[replace(_MUG, off=2980)], shipping=None),
    "250 lines": lambda: Basket(
        items=[Item(title=f"Tea no. {i}", sku=f"TEA-{i:03}", price=300 + i, quantity=1 + i % 4) for i in range(250)],
        off=5000,
    ),
    "unicode": lambda: Basket(
        items=[Item(title="Čaj „Дарджилинг“ 🍵 & <b>", sku="ČAJ-1", price=1250)],
        buyer=Person(first="Žofie", last="Нова́кова-O’Neil", email="zofie@example.cz", country="CZ"),
        note="Pozor: křehké — 取扱注意",
    ),
    "mixed subscription": lambda: Basket(items=[_MUG, _BOX, _CARE]),
    "no customer": lambda: Basket(items=[_MUG], buyer=None, source="pos", gateway="cash", shipping=None),
    "no email": lambda: Basket(items=[_MUG], buyer=Person(email=None, phone="+4940123456")),
    "deleted product": lambda: Basket(items=[_MUG, Item(title="Old tin", sku="TIN", price=700, deleted=True)]),
    "renewal": lambda: Basket(items=[_BOX], source="subscription_contract_checkout_one"),
    "test": lambda: Basket(items=[_MUG], test=True, gateway="bogus"),
    "high risk": lambda: Basket(items=[replace(_MUG, quantity=12)], risk="high"),
}


def made(case: str, n: int = 1, at: datetime = AT) -> Made:
    """The order of a case, as the n-th of the shop."""
    return order(CASES[case](), n, at)


def won(deal: str, n: int = 1, at: datetime = AT) -> Made:
    """An order that staff made of a won deal, `system/order/id`."""
    return order(replace(_plain(), source="shopify_draft_order", attributes={"cashpath_deal": deal}), n, at)


def any_order(random: Random, n: int = 1, at: datetime = AT) -> Made:
    """A random order: any mix of what shops do that adds up."""
    items = [_any_item(random, i) for i in range(random.randint(1, 6))]
    worth = sum(item.price * item.quantity - item.off for item in items)
    shipping = random.choice([None, 0, 490, 1295])
    taxes = random.choice(
        [(Tax(),), (), _SALES_TAX, (Tax(rate="0.055", channel_liable=None), Tax(title="B", rate="0.1"))]
    )
    basket = Basket(
        items=items,
        currency=random.choice(["EUR", "USD", "JPY", "KWD"]),
        taxes=taxes,
        included=random.random() < 0.5,
        off=random.choice([0, 0, random.randint(0, worth)]),
        shipping=shipping,
        shipping_off=random.choice([0, shipping or 0]),
        tip=random.choice([0, 0, 250]),
        fee=random.choice([0, 0, 75]),
        rounding=random.choice([0, 0, 2, -2]),
    )
    return order(basket, n, at)


def _any_item(random: Random, i: int) -> Item:
    price, quantity = random.choice([0, 1, 99, random.randint(1, 50_000)]), random.randint(1, 9)
    return Item(
        title=f"Thing {i}",
        sku=f"THING-{i}",
        price=price,
        quantity=quantity,
        off=random.choice([0, 0, random.randint(0, price * quantity)]),
        taxed=random.random() < 0.8,
        duty=random.choice([0, 0, 0, 117]),
        deleted=random.random() < 0.1,
    )
