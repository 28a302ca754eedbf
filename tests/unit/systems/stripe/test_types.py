"""A field that Stripe does not have is refused before anything runs: request bodies have Stripe's own types."""

import subprocess
import sys
from pathlib import Path

import cashpath

ROOT = Path(cashpath.__file__).parents[4]
BODIES = """
from cashpath.records import RecordKey
from cashpath.systems.port import Wanted
from cashpath.systems.stripe.records import customer, subscription, variant
from cashpath.systems.stripe.records.terms import Terms
from datetime import datetime

def bogus(wanted: Wanted, terms: Terms, key: RecordKey, now: datetime) -> None:
    customer.create_body(wanted)["e_mail"] = ""
    customer.update_body({}, {}, wanted)["e_mail"] = ""
    customer.untyped_tax_id("")["e_mail"] = ""
    customer.erased_body()["e_mail"] = ""
    variant.create_body(wanted)["sku"] = ""
    variant.update_body({}, wanted, None)["sku"] = ""
    variant.in_use()["amount"] = 1
    variant.sold_again()["amount"] = 1
    variant.archived("")["amount"] = 1
    variant.settled()["amount"] = 1
    terms.create_body("", key)["amount"] = 1
    subscription.create_body(wanted, [], now=now, method=None)["charged_until"] = 1
    subscription.update_body({}, wanted, [], [])["charged_until"] = 1
    subscription.moved_body({}, "", "", "")["charged_until"] = 1
"""


def test_the_type_checker_refuses_a_field_that_stripe_does_not_have_in_every_body(tmp_path: Path) -> None:
    snippet = tmp_path / "bogus.py"
    snippet.write_text(BODIES, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(snippet)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    refused = [line for line in checked.stdout.splitlines() if "[typeddict-unknown-key]" in line]
    assert len(refused) == BODIES.count('"] = '), checked.stdout + checked.stderr
    assert f"Found {len(refused)} errors" in checked.stdout
