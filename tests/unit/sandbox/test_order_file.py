"""Files that people have in place of an order: what each is answered, with the line and field that are wrong."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner

from cashpath_sandbox import cli, follow, standing
from cashpath_sandbox.order_file.reading import DEEPEST, LARGEST, Refused, read
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
    ("names", "listed", "only"),
    [
        ([("#1", 5), ("#1", 6)], "#1 (id 5), #1 (id 6)", "5"),
        ([(None, 5), ("", 6)], "5, 6", "5"),
        ([(None, None), ("#2", None)], "one without a name or id, #2", "'#2'"),
        ([("#1", 5), ("#1", 5), ("#1", 6)], "#1 (id 5), #1 (id 5), #1 (id 6)", "6"),
        ([("7", 5), ("#1", 7)], "7 (id 5), #1", "5"),
        ([("#\x1b[31m", 5), ("#2", 6)], "5, #2", "5"),
        ([("#" + "1" * 99, 5), ("#2", 6)], "5, #2", "5"),
        ([({"a": 1}, 5), (True, 6)], "5, 6", "5"),
    ],
)
def test_what_a_refusal_proposes_chooses_one(
    refusal: Callable[..., str], file: Path, names: Any, listed: str, only: str
) -> None:
    given = [{**changed(name=name, id=id), "order_number": None} for name, id in names]
    said = refusal(given)
    command = f".venv/bin/cashpath-sandbox order my-order.json --only {only}"
    assert said == f"my-order.json holds {len(given)} orders: {listed}. Choose one:\n  {command}"
    if isinstance(given[0]["name"], str | None):
        assert read(file, only.strip("'")) in given


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("my order.json", "'my order.json'"), ("\udcff'.json", r"$'\xff\x27.json'"), ("\x1b.json", r"$'\x1b.json'")],
)
def test_the_command_of_a_refusal_names_the_file_as_a_shell_takes_it(file: Path, name: str, quoted: str) -> None:
    Path(name).write_text(json.dumps([changed(name="#1"), changed(name="#2", id=2)]), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read(Path(name))
    assert str(refused.value).endswith(f".venv/bin/cashpath-sandbox order {quoted} --only '#1'")


@pytest.mark.parametrize("names", [("#1", 5), (None, None)])
def test_orders_that_nothing_tells_apart_are_to_be_taken_out(refusal: Callable[..., str], names: Any) -> None:
    one = {**changed(name=names[0], id=names[1]), "order_number": None}
    assert refusal([one, one]).endswith(
        "No name or id is of one of them only: leave one in the file, and take out the others"
    )
    assert "holds no order 'None'" in refusal([one, one], "None")


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"order": {"id": "gid://shopify/Order/77", "name": "#1"}}},
        {"data": {"orders": {"edges": [{"node": {"id": "gid://shopify/Order/77"}}]}}},
        {"data": {"orders": {"nodes": [{"id": "gid://shopify/Order/77"}]}}},
        {"order": {"id": "gid://shopify/Order/77", "lineItems": {}}},
        {"id": "gid://shopify/Order/77", "totalPriceSet": {}},
        [{"id": "gid://shopify/Order/77"}],
        {"orders": {"nodes": [{"id": "gid://shopify/Order/77"}]}},
        {"orders": {"edges": [{"node": {"id": "gid://shopify/Order/77"}}]}},
        {"orders": [{"id": "gid://shopify/Order/77"}]},
        {"orders": [{"node": {"id": "gid://shopify/Order/77"}}]},
        {"orders": ["gid://shopify/Order/77"]},
        {"nodes": [{"id": "gid://shopify/Order/77"}]},
        {"node": {"id": "gid://shopify/Order/77"}},
        [{"node": {"id": "gid://shopify/Order/77"}}],
        [{"order": {"id": "gid://shopify/Order/77"}}],
        [{"data": {"order": {"id": "gid://shopify/Order/77"}}}],
        ["gid://shopify/Order/77"],
        "gid://shopify/Order/77",
        {"admin": "gid://shopify/Order/77", "currencyCode": "EUR", "lineItems": []},
    ],
)
def test_graphqls_form_is_recognised_and_the_rest_form_asked_for(refusal: Callable[..., str], given: Any) -> None:
    said = refusal(json.dumps(given))
    assert said.startswith("my-order.json is GraphQL's form of an order. Give the REST form:\n")
    assert f"{FETCHED}77.json" in said


def test_an_export_of_graphql_is_recognised(refusal: Callable[..., str]) -> None:
    one = json.dumps({"id": "gid://shopify/Order/77"})
    assert refusal(f"{one}\n{one}\n").startswith("my-order.json is an export of GraphQL")


def test_shopifys_csv_is_answered_with_how_to_fetch_its_order(refusal: Callable[..., str]) -> None:
    said = refusal('Name,Email,Lineitem name,Id\n#1001,"ada@example.com",Mug,5600000000001\n#1001,,Tea,\n')
    assert said.startswith("my-order.json is Shopify's order export, which lacks ids and the taxes of each line.")
    assert f"{FETCHED}5600000000001.json" in said


def test_a_csv_of_endless_fields_is_called_by_its_name(refusal: Callable[..., str]) -> None:
    endless = "x" * 200_000
    assert "is Shopify's order export" in refusal(f"Name,Lineitem name,Id\n#1,{endless},5\n")
    assert "is not valid JSON" in refusal(f"{endless},b,c\n1,2,3\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "my-order.json is empty; save the order's JSON in it"),
        (" \n", "my-order.json is empty; save the order's JSON in it"),
        ("a;b;c\n1;2;3", "my-order.json is a CSV file, which lacks ids"),
        ("<!DOCTYPE html>", "my-order.json is a web page or XML, not JSON."),
        ('{"id": 1,\n "name" "#1"}', "my-order.json is not valid JSON: line 2, column 9: expecting ':' delimiter."),
        ('{"total": NaN}', "my-order.json is not valid JSON: NaN on line 1 is no number; write null"),
        ('{"total": 1e999}', "my-order.json holds a number on line 1 that is larger than any in an order: 1e999"),
        ('{\n"total": -1e999}', "my-order.json holds a number on line 2 that is larger than any in an order: -1e999"),
        ('{"a": "NaN\\"",\n"b": NaN}', "my-order.json is not valid JSON: NaN on line 2 is no number"),
        ("9" * 5000, "my-order.json holds a number of 5000 digits on line 1; no order has one"),
        (f'{{\n"id": -{"9" * 5000}}}', "my-order.json holds a number of 5000 digits on line 2; no order has one"),
        ("[" * 100_000, "my-order.json is nested more than 64 deep on line 1; no order is"),
        (r'{"name": "\ud83d"}', r"my-order.json holds half a character, \ud83d"),
        ("[]", "my-order.json holds an empty list."),
        ({"orders": []}, "my-order.json holds an empty list."),
        ([1, 2], "my-order.json holds a list without line_items, total_price, currency: no order."),
        ({"id": 7, "email": "ada@example.com"}, "my-order.json holds an object without line_items, total_price"),
        ('"order"', "my-order.json holds text, no order."),
        ("null", "my-order.json holds nothing, no order."),
        (
            {"errors": "\x1b" + "x" * 1000},
            rf"my-order.json holds a refusal of Shopify's API, no order: \x1b{'x' * 196}….",
        ),
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


@pytest.mark.parametrize("pasted", ['{"id": 1}', ' [{"id": 1}]', json.dumps(ORDER), '{"note": "a/b"}', "[" * 5000])
def test_json_in_place_of_a_files_name_is_to_be_saved(file: Path, pasted: str) -> None:
    with pytest.raises(Refused, match=r"^that is JSON itself; save it in a file, and give the file's name$"):
        read(Path(pasted))


@pytest.mark.parametrize("name", ["x" * 256, "x/" * 3000, "a\0b", "\ud83d", "\x1b[31m"])
def test_a_name_that_no_file_can_have_is_refused(file: Path, name: str) -> None:
    with pytest.raises(Refused, match=r"^there is no file|cannot be read") as refused:
        read(Path(name))
    said = str(refused.value)
    assert said.isprintable()
    assert len(said) < 200


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(Refused, match="is larger than 64 MB"):
        read(Path("/dev/zero"))


@pytest.mark.parametrize("deep", [DEEPEST, 950, 5000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"[\\"": ', "}")])
def test_what_is_nested_deeper_than_any_order_is_refused(
    refusal: Callable[..., str], deep: int, opened: str, closed: str
) -> None:
    text = json.dumps(changed(note_attributes="DEEP"), indent=1)
    number = next(i for i, each in enumerate(text.splitlines(), 1) if "DEEP" in each)
    said = refusal(text.replace('"DEEP"', f"{opened * deep}1{closed * deep}"))
    assert said == f"my-order.json is nested more than 64 deep on line {number}; no order is. Give the order's JSON"


def test_brackets_in_a_text_are_no_nesting(file: Path) -> None:
    file.write_text(json.dumps(changed(note="[{" * 500 + '\\"')), encoding="utf-8")
    assert read(file)["note"].startswith("[{")


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
        (line(price="1e2"), 'line_items[0].price is "1e2": no amount'),
        (line(price="1_000.00"), 'line_items[0].price is "1_000.00": no amount'),
        (line(price="1,000.00"), 'line_items[0].price is "1,000.00": no amount'),
        (line(price=" 1.00"), 'line_items[0].price is " 1.00": no amount'),
        (line(price="1.00\n"), "line_items[0].price is"),
        (line(price="+1.00"), 'line_items[0].price is "+1.00": no amount'),
        (line(price="1\u00a0200"), r'line_items[0].price is "1\xa0200": no amount'),
        (line(price="١٢"), 'line_items[0].price is "١٢": no amount'),
        (line(price="Infinity"), 'line_items[0].price is "Infinity": no amount'),
        (changed(total_price="1e30"), 'total_price is "1e30": no amount'),
        (changed(total_price=1e30), "total_price is 1e+30: more than any order costs"),
        (changed(total_price=10**30), "total_price is 1000000000000000000000000000000: more than any order costs"),
        (changed(total_price=str(2**63)), 'total_price is "9223372036854775808": more than any order costs'),
        (changed(total_price="9" * 2_000_000), "total_price is"),
        (changed(total_price="0." + "0" * 50), "total_price is"),
        (changed(total_discounts="-92233720368547758.09"), "more than any order costs"),
        (
            line(quantity=10**30),
            "line_items[0].quantity is 1000000000000000000000000000000: no quantity; write a whole",
        ),
        (line(quantity=2**31), "quantity is 2147483648: no quantity; write a whole number from 0 to 2147483647"),
        (line(quantity="9" * 5000), "line_items[0].quantity is"),
        (line(quantity="٣"), 'line_items[0].quantity is "٣": no quantity'),
        (line(quantity="²"), 'line_items[0].quantity is "²": no quantity'),
        (line(product_id="٣"), 'line_items[0].product_id is "٣": no id'),
        (line(product_id="9" * 5000), "line_items[0].product_id is"),
        (line(product_id=2**63), "line_items[0].product_id is 9223372036854775808: no id"),
        (line(tax_lines=[{"price": "1.00", "rate": int("9" * 400)}]), "line_items[0].tax_lines[0].rate is 9999"),
        (line(tax_lines=[{"price": "1.00", "rate": "0.1_9"}]), 'tax_lines[0].rate is "0.1_9": no rate of tax'),
        (line(tax_lines=[{"price": "1.00", "rate": "1e-1"}]), 'tax_lines[0].rate is "1e-1": no rate of tax'),
        (line(tax_lines=[{"price": "1.00", "rate": "nan"}]), 'tax_lines[0].rate is "nan": no rate of tax'),
        (line(tax_lines=[{"price": "1.00", "rate": [1]}]), "tax_lines[0].rate is [1]: no rate of tax"),
        (line(product_id="mug"), 'line_items[0].product_id is "mug": no id; write Shopify\'s number, or leave it out'),
        (line(taxable="false"), 'line_items[0].taxable is "false": neither true nor false'),
        (line(tax_lines=[{"price": "1.00", "rate": 19}]), "line_items[0].tax_lines[0].rate is 19: no rate of tax"),
        (line(tax_lines=[{"price": "1.00", "channel_liable": []}]), "channel_liable is []: neither true nor false"),
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
        (changed(total_discounts_set={"presentment_money": None}), "total_discounts_set.shop_money is missing"),
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


@pytest.mark.parametrize(
    "given",
    [
        changed(total_price="92233720368547758.07"),
        changed(total_price=12),
        changed(total_price=12.5),
        changed(total_tip_received="-0.00"),
        line(quantity=2**31 - 1),
        line(product_id=2**63 - 1),
        line(tax_lines=[{"price": "1.00", "rate": 0.00001}]),
        line(tax_lines=[{"price": "1.00", "rate": "0.19"}]),
    ],
)
def test_what_shopify_may_write_is_taken(file: Path, given: Any) -> None:
    file.write_text(json.dumps(given), encoding="utf-8")
    assert read(file) == given


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"), "the sandbox refuses a request ("),
        (ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Query"), "the sandbox refuses a request ("),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "the sandbox does not answer ("),
        (httpx.ConnectError("refused"), "the sandbox does not answer ("),
    ],
)
def test_a_sandbox_that_fails_while_an_order_is_followed_is_to_be_started_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails(*_: object) -> bool:
        raise error

    def placed(*_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, json={"id": "5"}, request=httpx.Request("POST", "http://shop"))

    file.write_text(json.dumps(ORDER), encoding="utf-8")
    monkeypatch.setattr(standing, "up", lambda: SimpleNamespace(shopify="http://shop"))
    monkeypatch.setattr(httpx, "post", placed)
    monkeypatch.setattr(follow, "follow", fails)
    result = CliRunner().invoke(cli.app, ["order", str(file)], env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert said in result.stdout
    assert result.stdout.endswith("Start it anew:\n  make down up\n")
