"""A record key can be written down and read again, whatever a vendor's ids look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.records import KINDS, RecordKey, SystemId

SYSTEMS = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).map(SystemId)


@given(st.builds(RecordKey, SYSTEMS, st.sampled_from(KINDS), st.text(min_size=1)))
def test_a_key_written_down_names_the_same_record(key: RecordKey) -> None:
    assert RecordKey.parse(str(key)) == key


def test_an_id_may_hold_what_separates_the_parts() -> None:
    key = RecordKey.parse("shop/order/gid://shopify/Order/1042")
    assert (key.system, key.kind, key.id) == ("shop", "order", "gid://shopify/Order/1042")


@pytest.mark.parametrize("text", ["", "shop", "shop/order", "shop/order/", "/order/1", "shop/sale/1", "shop//1"])
def test_what_is_no_key_is_refused_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected system/kind/id, kind one of customer, company"):
        RecordKey.parse(text)
