"""Finishes a sale of the sandbox's books as its people would, with proteus: shipped, invoiced, posted, paid.

Run in a process of its own, beside the server: `python -m cashpath_sandbox.tryton.settled REFERENCE DATABASE CONF`.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from proteus import Model, config
from trytond.modules.account.tests.tools import get_accounts
from trytond.modules.company.tests.tools import get_company

from cashpath_sandbox.tryton.setup import DATABASE

METHOD = "Cash"


def settle(directory: Path, reference: str) -> None:
    """Finish the sale of this reference in the database of `directory`. Raises CalledProcessError, with what Tryton
    said, where it refuses."""
    command = [sys.executable, "-m", "cashpath_sandbox.tryton.settled", reference, DATABASE]
    done = subprocess.run([*command, str(directory / "trytond.conf")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr[-4000:])


def main(reference: str, database: str, conf: str) -> None:
    """See `settle`."""
    config.set_trytond(database, config_file=conf).skip_warning = True
    (sale,) = Model.get("sale.sale").find([("reference", "=", reference)])
    sale.click("process")
    for shipment in (each for each in sale.shipments if each.state != "done"):
        for step in ("assign_force", "pick", "pack", "do"):
            shipment.click(step)
    cash = _cash()  # an invoice can be paid only where there is a way to
    for invoice in (each for each in sale.invoices if each.state != "paid"):
        if invoice.state != "posted":
            invoice.click("post")
        if invoice.amount_to_pay:
            pay = invoice.click("pay")
            pay.form.payment_method = cash
            pay.execute("choice")
        invoice.click("process")
    sale.click("process")  # the queue that would do so has no worker here
    if sale.state != "done":
        raise ValueError(f"the sale {reference} is {sale.state}: {sale.shipment_state}, {sale.invoice_state}")


def _cash() -> Any:
    """The payment method of whoever pays at once, made where the books lack it."""
    methods = Model.get("account.invoice.payment.method")
    if known := methods.find([("name", "=", METHOD)]):
        return known[0]
    made = methods()
    made.name = METHOD
    (made.journal,) = Model.get("account.journal").find([("type", "=", "cash")])
    made.credit_account = made.debit_account = get_accounts(get_company())["cash"]
    made.save()
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
