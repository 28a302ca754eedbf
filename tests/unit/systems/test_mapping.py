"""A brand's own fields: types, translations, what is nested, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashpath.records import BadRecord
from cashpath.systems.mapping import FieldMap, Mapped
from cashpath.systems.port import Facts, KindFacts

TIER = Mapped(name="tier", field="t", values={"gold": "Gold", "silver": "Silver"})


@pytest.mark.parametrize(
    ("mapped", "theirs", "ours"),
    [
        (Mapped(name="n", field="f", type="number"), "12", 12),
        (Mapped(name="n", field="f", type="number"), "-3", -3),
        (Mapped(name="n", field="f", type="boolean"), "Yes", True),
        (Mapped(name="n", field="f", type="boolean"), False, False),
        (Mapped(name="n", field="f", type="date"), "2026-12-31T10:00:00Z", "2026-12-31"),
        (Mapped(name="n", field="f"), "as it is", "as it is"),
        (Mapped(name="n", field="f"), "", None),
        (TIER, "Gold", "gold"),
        (Mapped(name="n", field="f", path="a.b"), '{"a": {"b": "deep"}}', "deep"),
        (Mapped(name="n", field="f", path="items[0].sku"), '{"items": [{"sku": "MUG"}]}', "MUG"),
        (Mapped(name="n", field="f", path="a.b"), "", None),
        (Mapped(name="n", field="f", path="a.b"), '{"c": 1}', None),
        (Mapped(name="n", field="f", type="number"), "12.00", 12),
        (Mapped(name="n", field="f", type="number"), 12.0, 12),
        (Mapped(name="n", field="f", path="a"), '{"a": true}', "true"),
    ],
)
def test_a_vendors_value_is_read_as_the_brand_means_it(mapped: Mapped, theirs: object, ours: object) -> None:
    assert mapped.read(theirs) == ours


@pytest.mark.parametrize(
    ("mapped", "theirs", "said"),
    [
        (Mapped(name="n", field="f", type="number"), "abc", "f is 'abc', and n is a whole number"),
        (Mapped(name="n", field="f", type="number"), "1.5", "whole number"),
        (Mapped(name="n", field="f", type="boolean"), "maybe", "write true or false"),
        (Mapped(name="n", field="f", type="number"), True, "whole number"),
        (Mapped(name="n", field="f", type="date"), "tomorrow", "n is a day"),
        (Mapped(name="n", field="f", type="date"), "2026-12-31 or so", "n is a day"),
        (Mapped(name="n", field="f", path="a.b"), "not filled in", "no JSON, and a.b is to be read inside it"),
        (Mapped(name="n", field="f", path="length(a)"), '{"a": 3}', r"length\(a\) cannot be read"),
        (TIER, "Platinum", "mapped to nothing; known are Gold, Silver"),
        (Mapped(name="n", field="f"), ["a"], "whole structure"),
    ],
)
def test_what_it_cannot_be_is_told_with_field_and_value(mapped: Mapped, theirs: object, said: str) -> None:
    with pytest.raises(BadRecord, match=said):
        mapped.read(theirs)


@given(st.dictionaries(st.sampled_from("abc"), st.text(max_size=5)), st.text(min_size=1, max_size=5))
def test_what_is_written_into_a_structure_reads_back_and_leaves_the_rest(there: dict[str, str], value: str) -> None:
    nested = FieldMap({"customer": (Mapped(name="x", field="f", path="deep.er"),)})
    written = nested.write("customer", {"x": value}, {"custom.x"}, {"f": there})
    assert nested.read("customer", written) == {"x": value}
    for name, kept in there.items():
        assert Mapped(name="y", field="f", path=name).read(written["f"]) == (kept or None)


def test_two_fields_in_one_structure_are_both_written() -> None:
    both = FieldMap({"customer": (Mapped(name="a", field="f", path="a"), Mapped(name="b", field="f", path="b"))})
    assert both.write("customer", {"a": "1", "b": "2"}, {"custom.a", "custom.b"}, {}) == {"f": '{"a":"1","b":"2"}'}


def test_what_may_not_be_written_is_told_and_not_held() -> None:
    facts = Facts(vendor="v", role="crm", kinds={"customer": KindFacts(fields=frozenset({"email"}))})
    only = FieldMap({"customer": (Mapped(name="x", field="f", writes=False), Mapped(name="y", field="g"))})
    added = only.added_to(facts).kinds["customer"]
    assert added.fields == {"email", "custom.y"}
    assert added.tells == {"custom.x", "custom.y"}
    assert only.write("customer", {"x": "1", "y": "2"}, {"custom.x", "custom.y"}, {}) == {"g": "2"}
