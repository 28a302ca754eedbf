"""sync_catalog: a product and its variants are the same in storefront, CRM, billing and ERP, each field as its owner
says.

The product of the catalogue's owner (storefront or ERP) is the root of all its variants. `read` asks for each of them
wherever it is, together; `plan` agrees field by field, links what has the same SKU, creates what lacks. A product that
the owner does not have goes nowhere; what the owner deleted is archived.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from cashpath.faults import Elsewhere, NeedsPerson, RateLimited, SystemDown
from cashpath.flows.parts import goods, matching
from cashpath.flows.parts.copies import Copies, Copy, agreed, canonical, copied, lost, puts, same, undecided
from cashpath.flows.parts.goods import Good, GoodsView
from cashpath.ledger.seen import Seen
from cashpath.notice import Notice
from cashpath.plan import Finding, Join, Plan, Write
from cashpath.records import ROLES, Kind, Product, RecordKey, Role, Variant
from cashpath.settings.slices import Rules
from cashpath.systems.desk import Desk
from cashpath.systems.port import Reading, System

KINDS: tuple[Kind, ...] = ("product", "variant")
# How many variants one product may have: what is known of each in four systems takes some 600 bytes of the root's item,
# which DynamoDB limits to 400 KB ("Service, account, and table quotas in Amazon DynamoDB").
MOST = 500


def plan(view: GoodsView, rules: Rules) -> Plan:
    """The writes that bring all roles into agreement with the owners of the product and of its variants.

    Raises Elsewhere where the catalogue's owner has the product under its own root, SystemDown where a role that
    decides a field is silent, NeedsPerson for a product of more variants than can be kept in mind.
    """
    if view.at is not None:
        raise Elsewhere(f"{view.root} is {view.at} of the catalogue's owner", at=view.at)
    if view.why:
        return Plan(skipped=view.why)
    if len(view.goods) > MOST:
        raise NeedsPerson(
            f"{view.root} has more than {MOST} variants",
            remedy="split it into several products",
            code="too_many_variants",
        )
    for good in view.goods:
        if silent := undecided(good.copies, rules.ownership):
            raise SystemDown(f"{', '.join(silent)} decides fields of {good.key} and cannot be asked now")
    writes = [part for good in _parts_first(view.goods) for part in _agreeing(good, view, rules)]
    return Plan.of(*writes, *(put for good in view.lost for put in goods.archived(good)))


def gone(view: GoodsView, rules: Rules) -> Plan:  # noqa: ARG001 - every flow's has them
    """What follows where the product was deleted where it began: all that was made of it is archived."""
    if view.why:
        return Plan(skipped=view.why)
    return Plan.of(*(put for good in (*view.goods, *view.lost) for put in goods.archived(good)))


def _parts_first(every: Sequence[Good]) -> list[Good]:
    """Bundles after all else: what they contain must be there when they are created."""
    return sorted(every, key=lambda good: isinstance(good.own, Variant) and bool(good.own.parts))


def _agreeing(good: Good, view: GoodsView, rules: Rules) -> list[Write | Finding]:
    good, joins = _product_joined(good, view) if good.key.kind == "product" else goods.joined(good, view)
    writes: list[Write | Finding] = [*joins]
    record = agreed(good.copies, rules.ownership)
    lacking = goods.lacking(good, view)
    unclear = {part.owner for part in joins if isinstance(part, Finding)}
    for role in view.holders.get(good.key.kind, ()):
        copy = good.copies.of.get(role)
        if role in good.copies.silent and (view.has(good.key, role) or role in lacking):
            writes += [replace(put, match=goods.criteria(good)) for put in puts(good.copies, role, record, rules)]
        elif copy is not None and copy.record is None and not getattr(record, "archived", False):
            writes.append(lost(good.key, role, copy))
        elif copy is not None and copy.record is not None and not copy.guest:
            writes += puts(good.copies, role, record, rules)
    if good.twins and lacking:
        writes.append(goods.twins(good))
    writes += [put for put in goods.created(good, record, view, rules) if put.role not in unclear]
    return [*writes, *goods.moved(good, record, writes, rules)]


def _product_joined(good: Good, view: GoodsView) -> tuple[Good, list[Join | Finding]]:
    """A product is there where its variants are: it has no SKU of its own."""
    joins: list[Join | Finding] = []
    for role in goods.lacking(good, view):
        found = [copy for other in view.goods for copy in same(other.found.get(role, ()), other.key) if not other.twins]
        parents = dict.fromkeys(c.reading.parent for c in found if c.reading and c.reading.parent)
        if len(parents) == 1:
            [parent] = parents
            joins.append(Join(key=good.key, role=role, id=parent.id))
        elif parents:
            names = ", ".join(parent.id for parent in parents)
            joins.append(
                Finding(
                    kind="person",
                    about=good.key,
                    cause=f"the variants of {good.key} belong to several products of the {role}: {names}",
                    remedy=f"bring them together under one product of the {role}, then redrive",
                    owner=role,
                    code="ambiguous_match",
                )
            )
    known = {join.role for join in joins if isinstance(join, Join)}
    copies = replace(good.copies, silent=good.copies.silent | known)  # compared by the next pass, which reads it
    return (replace(good, copies=copies), joins) if joins else (good, joins)


def read(desk: Desk, notice: Notice, seen: Seen) -> GoodsView:
    """The root's product with its variants in every system that has them, and what matches where one lacks them.

    A system is asked for all variants together. Raises what the root's own system raises; a role that cannot answer
    otherwise is silent.
    """
    root, home = seen.root, desk.at(seen.root.system)
    source = home.read(root.kind, root.id)
    view = GoodsView(root=root, source=source, holders=_holders(desk))
    if root.kind not in KINDS:
        return replace(view, why=f"something that {root} alone describes")
    owner = desk.rules.ownership.owner("product", "title")
    if home.facts.role != owner:
        return _of_another(view, desk, owner, notice)
    variants, lost = _variants(home, root, source, seen)
    keys = [root, *variants] if root.kind == "product" else variants
    links = desk.links(dict.fromkeys((*keys, *lost)))
    own = {root: source} if source else {}
    view = replace(view, links=links)
    every = _read_all(desk, (*keys, *lost), home.facts.role, links, {**own, **variants})
    if elsewhere := _named(every) - {*keys, *lost}:
        view = replace(view, links={**links, **desk.links(elsewhere)})
    ownership = desk.rules.ownership
    here = tuple(replace(good, record=agreed(good.copies, ownership)) for good in every if good.own is not None)
    view = replace(view, goods=here, lost=tuple(good for good in every if good.own is None and good.key != root))
    return _with_twins(_with_found(view, desk), home) if source else view


def _named(every: Iterable[Good]) -> set[RecordKey]:
    """All that the copies name: what a bundle contains is, as often as not, another product's."""
    records = [copy.record for good in every for copy in good.copies.of.values()]
    return {key for record in records if record is not None for key in record.references()}


def _holders(desk: Desk) -> Mapping[str, tuple[Role, ...]]:
    def holds(role: Role, kind: Kind) -> bool:
        facts = desk.role(role).facts.kinds.get(kind)
        return bool(facts and facts.fields)

    return {kind: tuple(role for role in ROLES if role in desk.systems and holds(role, kind)) for kind in KINDS}


def _of_another(view: GoodsView, desk: Desk, owner: Role, notice: Notice) -> GoodsView:
    """A product that began elsewhere than with the catalogue's owner: by its SKU it may be one of the owner's, whose
    root then goes on; else nobody else is told of it."""
    nowhere = replace(view, why="a product that the catalogue's owner does not have")
    source = view.source
    if source is None or owner not in desk.systems:
        return nowhere
    variants = source.record.variants if isinstance(source.record, Product) else (source.record,)
    about = RecordKey.parse(f"{notice.system}/{notice.kind}/{notice.id}")
    ordered = sorted(variants, key=lambda variant: variant.key != about)
    for variant in ordered:
        found = [r for r in matching.looked_up(desk.role(owner), variant) if r.merged_into is None]
        if len(found) == 1 and not _is_made_of(found[0], view.root, desk):
            return replace(view, at=found[0].at)
    return nowhere


def _is_made_of(reading: Reading, root: RecordKey, desk: Desk) -> bool:
    """Whether the owner has it only because an order of ours needed it there: handed over, it would come back."""
    return desk.root_of(reading.at) == root or (reading.origin is not None and reading.origin.system == root.system)


def _variants(
    home: System, root: RecordKey, source: Reading | None, seen: Seen
) -> tuple[dict[RecordKey, Reading], list[RecordKey]]:
    """The variants of the root, and those that it had once: passes before this one have read them."""
    now = [v.key for v in source.record.variants] if source and isinstance(source.record, Product) else []
    if source and root.kind == "variant":
        return {root: source}, []
    known = (RecordKey.parse(name.rpartition("|")[2]) for name in seen.reads)
    before = [key for key in known if key.kind == "variant" and key.system == root.system]
    keys = list(dict.fromkeys((*now, *before, *((root,) if root.kind == "variant" else ()))))
    answers = home.read_many("variant", [key.id for key in keys]) if keys else {}
    alive = {key: answers[key.id] for key in keys if key.id in answers and answers[key.id].parent == root}
    return alive, [key for key in keys if key.id not in answers]


def _read_all(
    desk: Desk,
    keys: Iterable[RecordKey],
    began_in: Role,
    links: Mapping[tuple[RecordKey, Role], str],
    own: Mapping[RecordKey, Reading],
) -> list[Good]:
    """The copies of all these records: for each role and kind one question."""
    wanted = list(dict.fromkeys(keys))
    answers: dict[tuple[RecordKey, Role], Reading | None] = {}
    silent: dict[RecordKey, set[Role]] = {key: set() for key in wanted}
    for role in desk.systems:
        for kind in KINDS:
            facts = desk.role(role).facts.kinds.get(kind)
            here = {key: links[key, role] for key in wanted if key.kind == kind and (key, role) in links}
            if not here or facts is None or not facts.reads:
                continue
            if role == began_in:
                answers |= {(key, role): own.get(key) for key in here}
                continue
            try:
                found = desk.role(role).read_many(kind, list(here.values()))
                answers |= {(key, role): found.get(id) for key, id in here.items()}
            except (RateLimited, SystemDown):
                for key in here:
                    silent[key].add(role)
    known = canonical(desk, [reading for reading in answers.values() if reading])
    of: dict[RecordKey, dict[Role, Copy]] = {key: {} for key in wanted}
    for (key, role), reading in answers.items():
        of[key][role] = copied(key, desk.role(role), links[key, role], reading, known)
    return [
        Good(copies=Copies(key=key, brand=desk.brand, began_in=began_in, of=of[key], silent=frozenset(silent[key])))
        for key in wanted
    ]


def _with_found(view: GoodsView, desk: Desk) -> GoodsView:
    """With what each role that is to have a variant and lacks it holds under its SKU: one question for each role."""
    found: dict[tuple[RecordKey, Role], tuple[Reading, ...]] = {}
    silent: set[Role] = set()
    for role in view.holders["variant"]:
        lacking = [good for good in view.goods if good.key.kind == "variant" and role in goods.lacking(good, view)]
        asked = {good.key: goods.criteria(good) for good in lacking}
        try:
            answers = _asked(desk.role(role), [c for criteria in asked.values() for c in criteria])
        except (RateLimited, SystemDown):
            silent.add(role)
            continue
        found |= {
            (key, role): tuple(r for c in criteria for r in answers.get(c, ())) for key, criteria in asked.items()
        }
    known = canonical(desk, [reading for readings in found.values() for reading in readings])

    def with_copies(good: Good) -> Good:
        copies = {
            role: tuple(copied(good.key, desk.role(role), r.at.id, r, known) for r in readings)
            for (key, role), readings in found.items()
            if key == good.key
        }
        mute = silent & set(goods.lacking(good, view))
        return replace(good, found=copies, copies=replace(good.copies, silent=good.copies.silent | mute))

    return replace(view, goods=tuple(with_copies(good) for good in view.goods))


def _with_twins(view: GoodsView, home: System) -> GoodsView:
    """With the other variants of the owner's catalogue that have the same SKU: asked where some role lacks one."""
    lacking = [good for good in view.goods if good.key.kind == "variant" and goods.lacking(good, view)]
    answers = _asked(home, [c for good in lacking for c in goods.criteria(good)])

    def with_twins(good: Good) -> Good:
        same = [r for c in goods.criteria(good) for r in answers.get(c, ()) if r.merged_into is None]
        others = {r.at for r in same if not getattr(r.record, "archived", False)}
        others |= {g.key for g in view.goods if goods.criteria(g) and goods.criteria(g) == goods.criteria(good)}
        return replace(good, twins=tuple(sorted(others - {good.key})))

    keys = {good.key for good in lacking}
    return replace(view, goods=tuple(with_twins(good) if good.key in keys else good for good in view.goods))


def _asked(system: System, criteria: Collection[str]) -> Mapping[str, Sequence[Reading]]:
    matches = system.facts.kinds["variant"].matches
    asked = [c for c in dict.fromkeys(criteria) if c.partition(":")[0] in matches]
    return system.candidates_many("variant", asked) if asked else {}
