"""Files that people have in place of an order: what each is answered, with the line and field that are wrong."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from cashpath_sandbox.order_file.reading import LARGEST, Refused, read
from cashpath_sandbox.shopify import orders

ORDER: dict[str, Any] = orders.made("plain").body
FETCHED = 'curl -H "X-Shopify-Access-Token: $TOKEN" "https://$SHOP.myshopify.com/admin/api/2026-07/orders/'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("my-order.json")


@pytest.fixture
def refusal(file: Path) -> Callable[..., str]:
    """What a file of this text, or of this value as JSON, is answered."""

    def answered(given: Any, only: str = "") -> str:
        file.write_text(given if isinstance(given, str) else json.dumps(given, indent=2), encoding="utf-8")
        with pytest.raises(Refused) as refused:
            read(file, only)
        return str(refused.value)

    return answered


def changed(**fields: Any) -> dict[str, Any]:
    return {**deepcopy(ORDER), **fields}


def line(**fields: Any) -> dict[str, Any]:
    body = deepcopy(ORDER)
    body["line_items"][0] |= fields
    return body


@pytest.mark.parametrize("case", orders.CASES)
def test_every_order_of_the_shop_can_be_given(file: Path, case: str) -> None:
    body = orders.made(case).body
    file.write_text(json.dumps(body), encoding="utf-8")
    assert read(file) == body


@pytest.mark.parametrize("wrapped", [{"order": ORDER}, [ORDER], {"orders": [ORDER]}])
def test_an_order_alone_in_its_wrapping_is_taken_out(file: Path, wrapped: Any) -> None:
    file.write_text(json.dumps(wrapped), encoding="utf-8")
    assert read(file) == ORDER


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_windows_saved_is_read(file: Path, encoding: str) -> None:
    file.write_text(json.dumps(ORDER), encoding=encoding)
    assert read(file) == ORDER


@pytest.mark.parametrize("wrapped", [list, lambda found: {"orders": found}])
def test_of_a_list_one_is_to_be_chosen(refusal: Callable[..., str], file: Path, wrapped: Any) -> None:
    second = changed(name="#1002", id=2)
    said = refusal(wrapped([ORDER, second]))
    command = ".venv/bin/cashpath-sandbox order my-order.json --only '#1001'"
    assert said == f"my-order.json holds 2 orders: #1001, #1002. Choose one:\n  {command}"
    assert read(file, "#1002") == read(file, "1002") == read(file, "2") == second
    assert refusal(wrapped([ORDER, second]), "#7") == "my-order.json holds no order '#7'. It holds #1001, #1002"


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"order": {"id": "gid://shopify/Order/77", "name": "#1"}}},
        {"data": {"orders": {"edges": [{"node": {"id": "gid://shopify/Order/77"}}]}}},
        {"data": {"orders": {"nodes": [{"id": "gid://shopify/Order/77"}]}}},
        {"order": {"id": "gid://shopify/Order/77", "lineItems": {}}},
        {"id": "gid://shopify/Order/77", "totalPriceSet": {}},
        [{"id": "gid://shopify/Order/77"}],
    ],
)
def test_graphqls_form_is_recognised_and_the_rest_form_asked_for(refusal: Callable[..., str], given: Any) -> None:
    said = refusal(given)
    assert said.startswith("my-order.json is GraphQL's form of an order. Give the REST form:\n")
    assert f"{FETCHED}77.json" in said


def test_an_export_of_graphql_is_recognised(refusal: Callable[..., str]) -> None:
    one = json.dumps({"id": "gid://shopify/Order/77"})
    assert refusal(f"{one}\n{one}\n").startswith("my-order.json is an export of GraphQL")


def test_shopifys_csv_is_answered_with_how_to_fetch_its_order(refusal: Callable[..., str]) -> None:
    said = refusal('Name,Email,Lineitem name,Id\n#1001,"ada@example.com",Mug,5600000000001\n#1001,,Tea,\n')
    assert said.startswith("my-order.json is Shopify's order export, which lacks ids and the taxes of each line.")
    assert f"{FETCHED}5600000000001.json" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "my-order.json is empty; save the order's JSON in it"),
        (" \n", "my-order.json is empty; save the order's JSON in it"),
        ("a;b;c\n1;2;3", "my-order.json is a CSV file, which lacks ids"),
        ("<!DOCTYPE html>", "my-order.json is a web page or XML, not JSON."),
        ('{"id": 1,\n "name" "#1"}', "my-order.json is not valid JSON: line 2, column 9: expecting ':' delimiter."),
        ('{"total": NaN}', "my-order.json is not valid JSON: NaN is no number"),
        ('{"total": 1e999}', "my-order.json holds a number that is too large"),
        ("9" * 5000, "my-order.json is not valid JSON: Exceeds the limit"),
        ("[" * 100_000, "my-order.json is nested too deeply"),
        (r'{"name": "\ud83d"}', r"my-order.json holds half a character, \ud83d"),
        ("[]", "my-order.json holds an empty list."),
        ({"orders": []}, "my-order.json holds an empty list."),
        ([1, 2], "my-order.json holds a list without line_items, total_price, currency: no order."),
        ({"id": 7, "email": "ada@example.com"}, "my-order.json holds an object without line_items, total_price"),
        ('"order"', "my-order.json holds text, no order."),
        ("null", "my-order.json holds nothing, no order."),
        ({"errors": "Not Found"}, "my-order.json holds a refusal of Shopify's API, no order: Not Found."),
    ],
)
def test_what_is_no_order_is_called_by_its_name(refusal: Callable[..., str], given: Any, said: str) -> None:
    assert refusal(given).startswith(said)


def test_what_is_no_text_is_called_by_its_name(file: Path) -> None:
    for raw, said in ((b"\x89PNG\r\n\x1a\n\xff", "is no text"), (b"PK\x03\x04\0", "is no text")):
        file.write_bytes(raw)
        with pytest.raises(Refused, match=said):
            read(file)
    with pytest.raises(Refused, match="is a folder"):
        read(Path())
    with pytest.raises(Refused, match="there is no file"):
        read(Path("other.json"))


def test_an_order_that_no_webhook_could_carry_is_refused(refusal: Callable[..., str], file: Path) -> None:
    assert "AWS takes no webhook above 6 MB" in refusal(changed(note="x" * 10_000_000))
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST + 1)
    with pytest.raises(Refused, match="is larger than 64 MB"):
        read(file)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            line(price="12.3456"),
            'line_items[0].price is "12.3456": EUR amounts have 2 decimals; write what was charged',
        ),
        (line(price=12.3456), "line_items[0].price is 12.3456: EUR amounts have 2 decimals"),
        (line(price="a lot"), 'line_items[0].price is "a lot": no amount; write it as "12.50"'),
        (line(price=True), "line_items[0].price is true: no amount"),
        (line(price=None), "line_items[0].price is missing"),
        (line(price="-5.00"), 'line_items[0].price is "-5.00": below zero'),
        (line(price="1e40"), 'line_items[0].price is "1e40": no amount'),
        (line(quantity=-2), "line_items[0].quantity is -2: no quantity; write a whole number from 0"),
        (line(quantity=1.5), "line_items[0].quantity is 1.5: no quantity"),
        (line(product_id="mug"), 'line_items[0].product_id is "mug": no id; write Shopify\'s number, or leave it out'),
        (line(taxable="false"), 'line_items[0].taxable is "false": neither true nor false'),
        (line(tax_lines=[{"price": "1.00", "rate": 19}]), "line_items[0].tax_lines[0].rate is 19: no rate of tax"),
        (line(tax_lines="19 %"), "line_items[0].tax_lines is no list; write it in [ ]"),
        (changed(line_items="a mug"), "line_items is no list; write it in [ ]"),
        (changed(line_items=[]), "line_items is empty; an order sells something"),
        (changed(line_items=["a mug"]), "line_items[0] is no object; write it in { }"),
        (changed(line_items=None), "line_items is missing"),
        (changed(currency="EURO"), 'currency is "EURO": no currency of ISO 4217; write its three letters'),
        (changed(currency=["EUR"]), 'currency is ["EUR"]: no currency'),
        (changed(currency=None), "currency is missing"),
        (changed(total_price=None), "total_price is missing"),
        (changed(created_at="yesterday"), 'created_at is "yesterday": no time'),
        (changed(created_at=1700000000), "created_at is 1700000000: no time"),
        (changed(created_at="0001-01-01T00:00:00Z"), "not between 2000 and 2100"),
        (changed(customer="Ada"), "customer is no object; write it in { }"),
        (changed(email=["ada@example.com"]), 'email is ["ada@example.com"]: no text; write it in quotes'),
        (changed(billing_address={"country_code": "Germany"}), 'billing_address.country_code is "Germany": no country'),
        (
            changed(total_price_set={"shop_money": {"amount": "1.5", "currency_code": "JPY"}}),
            'total_price_set.shop_money.amount is "1.5": JPY amounts have no decimals',
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_say(refusal: Callable[..., str], given: Any, said: str) -> None:
    first = refusal(given).splitlines()[0]
    assert first.startswith("my-order.json, line ")
    assert said in first


def test_the_line_is_that_of_the_field(refusal: Callable[..., str], file: Path) -> None:
    said = refusal({"order": line(price="12.3456")})
    number = int(said.split("line ")[1].split(":")[0])
    assert file.read_text(encoding="utf-8").splitlines()[number - 1].strip() == '"price": "12.3456",'


def test_a_long_list_of_wrong_fields_is_cut(refusal: Callable[..., str]) -> None:
    body = changed(line_items=[{"quantity": 1} for _ in range(30)])
    said = refusal(body).splitlines()
    assert len(said) == 11
    assert said[-1] == "my-order.json: 20 more fields like these"


def test_no_sentence_of_a_refusal_leaves_a_terminal_confused(refusal: Callable[..., str]) -> None:
    assert "\x1b" not in refusal([changed(name="\x1b[31m#1"), changed(name="#2")])
    assert "\x1b" not in refusal(line(sku=["\x1b[31m"]))
