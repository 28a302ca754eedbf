"""What disagrees is listed by age, whatever shard it is in; what is only missing is listed apart."""

from typing import Any

from cashpath.ledger.ledger import Changes
from cashpath.ledger.seen import MISSING, drift_name
from cashpath.records.keys import RecordKey


def noted(books: Any, n: int, *fields: str, at: int, brand: str = "eu") -> RecordKey:
    """A pass finds these fields of a customer to disagree in the CRM."""
    root = RecordKey.parse(f"shop/customer/{n}")
    drift = {drift_name("sync_customers", "crm", root, field): at for field in fields}
    books.ledger.release(books.begin(str(root), brand=brand), Changes(drift=drift, brand=brand))
    return root


def test_what_has_disagreed_longest_comes_first_over_all_brands(books: Any) -> None:
    roots = [noted(books, n, "phone", at=1000 - n, brand="eu" if n % 2 else "us") for n in range(20)]
    assert list(books.ledger.drifting("eu", "us")) == roots[::-1]
    assert list(books.ledger.drifting("eu")) == roots[::-2]


def test_a_customer_of_whom_only_a_record_is_missing_is_listed_apart(books: Any) -> None:
    roots = [noted(books, n, MISSING, at=1000 - n) for n in range(8)]
    both = noted(books, 9, MISSING, "phone", at=5)
    assert list(books.ledger.lacking("eu")) == roots[::-1]
    assert list(books.ledger.drifting("eu")) == [both]


def test_a_customer_who_is_there_by_now_is_listed_no_more(books: Any) -> None:
    root = noted(books, 1, MISSING, at=5)
    books.ledger.release(books.take(str(root)), Changes(drift={}))
    assert list(books.ledger.lacking("eu")) == []
