"""Whether CRM and ERP hold an order as they should: what every test of one order waits for."""

from cashpath_sandbox.eyes import Eyes

from .merchant import Amounts
from .until import until

BOOKED = ("confirmed", "processing", "done")  # a sale's states in Tryton, once it is more than a quotation
CANCELLED_IN_CRM = "3c85a297-e9ce-400b-b42e-9f16853d69d6"  # HubSpot, "Orders API": the default pipeline's last stage


def agree(eyes: Eyes, origin: str, amounts: Amounts, *, within: float = 60) -> None:
    """Wait until CRM and ERP each hold what carries `origin` once, with these amounts."""
    want = ([amounts], [amounts])

    def look() -> bool:
        erp = eyes.in_erp(origin)
        if [sale.amounts for sale in erp] != want[1] or erp[0].state not in BOOKED:
            return False
        return [sold.amounts for sold in eyes.in_crm(origin)] == want[0]

    try:
        until(look, within=within, about=f"CRM and ERP agree on {origin}")
    except AssertionError:
        held = ([sold.amounts for sold in eyes.in_crm(origin)], [sale.amounts for sale in eyes.in_erp(origin)])
        assert held == want
        raise
