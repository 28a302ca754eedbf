"""What recurs in a catalogue that Tryton owns: a product that a subscription service names, told and never written."""

from itertools import count
from typing import Any

import pytest

from cashpath.records import BadRecord, Recurring
from cashpath.records.catalog import Interval

_numbers = count(1)
MONTHLY = {"freq": "monthly", "interval": 1}


def offered(erp: Any, *recurrences: list[dict[str, Any]] | None) -> tuple[str, str, str]:
    """A service of Tryton with a subscription service for each of these recurrences, by their rules; None: it is sold
    once. The ids of template and product, and its code."""
    code, company = f"CLUB-{next(_numbers)}", erp.person.company("acme")
    (unit,) = erp.person.search("product.uom", [("symbol", "=", "u")], ("symbol",))
    product = {"name": "Club", "type": "service", "default_uom": unit["id"], "list_price": 20}
    product["products"] = [["create", [{"suffix_code": code}]]]
    (template,) = erp.person.writes("model.product.template.create", [product], company=company)
    (row,) = erp.person.search("product.product", [("template", "=", template)], ("code",))
    for rules in recurrences:
        serve(erp, row["id"], rules)
    return str(template), str(row["id"]), code


def serve(erp: Any, product: int, rules: list[dict[str, Any]] | None) -> int:
    """Somebody enters a subscription service for a product; its id."""
    named = None
    if rules is not None:
        (named,) = erp.person.writes(
            "model.sale.subscription.recurrence.rule.set.create", [{"name": "Rhythm", "rules": [["create", rules]]}]
        )
    values = {"product": product, "consumption_recurrence": named}
    (id,) = erp.person.writes("model.sale.subscription.service.create", [values])
    return int(id)


@pytest.mark.parametrize(
    ("freq", "interval", "every", "times"),
    [("daily", 10, "day", 10), ("weekly", 2, "week", 2), ("monthly", 3, "month", 3), ("yearly", 1, "year", 1)],
)
def test_a_service_recurs_as_its_rule_says(erp: Any, freq: str, interval: int, every: Interval, times: int) -> None:
    template, product, _ = offered(erp, [{"freq": freq, "interval": interval}])
    told = erp.read("variant", product).record
    assert (told.recurring, told.nature) == (Recurring(interval=every, count=times, biller="billing"), "service")
    [variant] = erp.read("product", template).record.variants
    assert variant.recurring == told.recurring


def test_a_product_that_no_service_names_or_whose_service_has_no_rhythm_is_sold_once(erp: Any) -> None:
    for recurrences in ((), (None,)):
        _, product, _ = offered(erp, *recurrences)
        assert erp.read("variant", product).record.recurring is None


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [MONTHLY, MONTHLY],
        [{**MONTHLY, "bymonthday": "15"}],
        [{"freq": "weekly", "interval": 1, "byweekday": "MO,TH"}],
        [{**MONTHLY, "exclusive": True}],
        [{**MONTHLY, "interval": 0}],
    ],
)
def test_a_rhythm_that_no_price_can_have_is_for_a_person(erp: Any, rules: list[dict[str, Any]]) -> None:
    template, product, code = offered(erp, rules)
    for kind, id in (("product", template), ("variant", product)):
        with pytest.raises(BadRecord, match=f"product {code} in Tryton recurs by 'Rhythm', which is not one rule"):
            erp.read(kind, id)
    [found] = erp.connector.candidates("variant", f"sku:{code}")
    assert (found.at.id, found.record.recurring) == (product, None)


def test_two_services_of_one_product_have_to_agree(erp: Any) -> None:
    _, product, _ = offered(erp, [MONTHLY], [MONTHLY])
    assert erp.read("variant", product).record.recurring == Recurring(interval="month", biller="billing")
    _, product, code = offered(erp, [MONTHLY], None)
    with pytest.raises(BadRecord, match=f"product {code} has services in Tryton that recur differently"):
        erp.read("variant", product)


def test_a_service_that_is_offered_no_more_counts_no_more(erp: Any) -> None:
    _, product, _ = offered(erp, [MONTHLY])
    weekly = serve(erp, int(product), [{"freq": "weekly", "interval": 1}])
    erp.person.writes("model.sale.subscription.service.write", [weekly], {"active": False})
    assert erp.read("variant", product).record.recurring == Recurring(interval="month", biller="billing")


def test_what_recurs_in_the_shop_is_not_written_and_not_refused(erp: Any) -> None:
    mug = erp.mug()
    id = erp.refs[mug.key]
    assert "recurring" not in erp.connector.facts.kinds["variant"].fields
    assert "recurring" in erp.connector.facts.kinds["variant"].tells
    (row,) = erp.person.search("product.product", [("id", "=", int(id))], ("template",))
    company = erp.person.company("acme")
    erp.person.writes("model.product.template.write", [row["template"]], {"type": "service"}, company=company)
    serve(erp, int(id), [{**MONTHLY, "bymonthday": "15"}])
    assert erp.read("variant", id).record.recurring is None


def test_without_the_option_services_are_not_asked_for(open_erp: Any, erp: Any) -> None:
    _, product, _ = offered(erp, [{**MONTHLY, "bymonthday": "15"}])
    without = open_erp(services=False)
    without.read("variant", product)
    assert without.calls(lambda: without.read("variant", product)) == ["model.product.product.search_read"]
    assert without.read("variant", product).record.recurring is None
    assert "recurring" not in without.connector.facts.kinds["variant"].tells
