"""What operators do with people: see them side by side, answer for their data, settle a match, prove an erasure."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from cashpath.cli import person
from cashpath.cli.app import app
from cashpath.cli.stage import Stage
from cashpath.records import Customer, RecordKey
from cashpath_sandbox.onepersons_world import ADA, SYSTEMS, WHERE, World

KEY = str(WHERE)


class InMemory(Stage):
    """The stage of a world."""

    world: World

    def client(self, service: str) -> Any:
        return {"dynamodb": self.world.tables, "sqs": self.world.sqs}[service]


@dataclass
class Desk:
    """Somebody at a terminal."""

    world: World
    stage: InMemory

    def run(self, *command: str) -> Any:
        return CliRunner().invoke(app, list(command), obj=self.stage)

    def says(self, *command: str) -> str:
        result = self.run(*command)
        assert result.exit_code == 0, result.output
        text: str = result.stdout
        return text

    def told(self, *command: str) -> Any:
        return json.loads(self.says(*command))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    world = World()
    outputs = {
        "LedgerTable": "ledger",
        "ExceptionsTable": "exceptions",
        "ErasuresTable": "erasures",
        "Queues": json.dumps(world.urls),
        "BulkQueues": "{}",
        "DeadLetters": json.dumps(world.dead),
    }
    stage = InMemory("test", outputs=outputs, now=world.clock)
    stage.world = world
    monkeypatch.setattr(person, "connected", lambda _, system: world.systems[system.id])
    monkeypatch.setattr(person.Office, "of", lambda stage, _: person.Office(stage, world.settings("sync_customers")))
    return Desk(world, stage)


def test_a_customer_stands_side_by_side_with_the_owner_of_each_field_marked(desk: Desk) -> None:
    desk.world.buys()
    told = desk.told("customers", "show", KEY, "--settings", "any.toml", "--json")
    assert set(told["ids"]) == set(SYSTEMS.values())
    everywhere = {str(role): ADA.email for role in SYSTEMS}
    assert told["fields"]["email"] == {"owner": "storefront", **everywhere}
    shown = desk.says("customers", "show", KEY, "--settings", "any.toml")
    [email] = [line.split() for line in shown.splitlines() if line.startswith("email")]
    assert email == ["email", "=", *[ADA.email] * 4]


def test_a_data_request_is_answered_by_what_every_system_holds(desk: Desk) -> None:
    desk.world.buys()
    told = desk.told("customers", "report", KEY, "--settings", "any.toml")
    assert set(told["systems"]) == set(SYSTEMS.values())
    for records in told["systems"].values():
        [record] = records.values()
        assert record["email"] == ADA.email
        assert record["address"]["street"] == ADA.street


def test_a_data_request_names_who_may_be_the_same_person_and_says_nothing_of_them(desk: Desk) -> None:
    twins = _two_in_the_crm(desk)
    told = desk.told("customers", "report", KEY, "--settings", "any.toml")
    assert told["same_email"] == {"crm": [twin.id for twin in twins]}
    assert "crm" not in told["systems"]


def _two_in_the_crm(desk: Desk) -> tuple[RecordKey, RecordKey]:
    twin = Customer(key=RecordKey(SYSTEMS["crm"], "customer", ""), email=ADA.email, first_name="A.")
    first, second = (desk.world.books["crm"].add(twin) for _ in range(2))
    desk.world.buys()
    [filed] = desk.world.exceptions.open(code="ambiguous_match", flow="sync_customers")
    assert f"`cashpath customers link {KEY} crm c1` says that it is c1" in filed.cause.remedy
    return first, second


def test_an_ambiguous_match_is_settled_by_hand_and_the_systems_agree(desk: Desk) -> None:
    _, second = _two_in_the_crm(desk)
    desk.says("customers", "link", KEY, "crm", second.id, "--settings", "any.toml")
    desk.world.drains()
    row = desk.world.books["crm"].current("customer", second.id)
    assert row is not None
    assert row.record.value("first_name") == "Ada"
    assert list(desk.world.exceptions.open(code="ambiguous_match", flow="sync_customers")) == []


def test_a_record_that_is_a_root_of_its_own_is_absorbed(desk: Desk) -> None:
    first, _ = _two_in_the_crm(desk)
    desk.world.tell("customer", first.id, role="crm")
    desk.world.drains()
    assert desk.world.ledger.peek(first) is not None
    desk.says("customers", "link", KEY, "crm", first.id, "--settings", "any.toml")
    desk.world.drains()
    seen = desk.world.ledger.peek(first)
    assert seen is not None
    assert seen.root == WHERE


@pytest.mark.parametrize(
    ("id", "why"), [("c99", "crm has no customer c99"), ("second", "already, so it cannot be")], ids=["gone", "another"]
)
def test_a_link_that_cannot_be_is_refused_and_changes_nothing(desk: Desk, id: str, why: str) -> None:
    first, second = _two_in_the_crm(desk)
    desk.says("customers", "link", KEY, "crm", first.id, "--settings", "any.toml")
    desk.world.drains()
    result = desk.run("customers", "link", KEY, "crm", second.id if id == "second" else id, "--settings", "any.toml")
    assert result.exit_code == 2
    assert why in " ".join(result.output.replace("│", " ").split())
    assert desk.world.ledger.links([WHERE], [SYSTEMS["crm"]])[WHERE, SYSTEMS["crm"]] == first.id


def test_an_erasure_is_proved_only_once_the_queues_have_drained(desk: Desk) -> None:
    desk.world.buys()
    desk.world.redacted()
    desk.world.drains()
    assert desk.told("erasures", "prove", KEY, "--settings", "any.toml", "--json")["proved"] is True
    desk.world.tell("customer", WHERE.id)
    result = desk.run("erasures", "prove", KEY, "--settings", "any.toml")
    assert result.exit_code == 1
    assert "1 messages on their way" in result.output


def test_a_proof_names_what_is_left_and_where(desk: Desk) -> None:
    desk.world.buys()
    desk.world.redacted()
    desk.world.drains()
    desk.world.comes_back("crm")
    result = desk.run("erasures", "prove", KEY, "--settings", "any.toml", "--json")
    assert result.exit_code == 1
    left = {at: what for at, what in json.loads(result.stdout)["left"].items() if what}
    [(where, what)] = left.items()
    assert where.startswith("crm/customer/")
    assert what == "email, first_name, last_name, phone"
    assert ADA.email not in result.output


def test_a_system_that_told_of_an_erasure_forgets_again_after_it_was_restored(desk: Desk) -> None:
    world = desk.world
    world.buys()
    [contact] = world.books["crm"].of("customer")
    world.tell("customer", contact.record.key.id, role="crm", wish="erase")
    world.drains()
    assert "crm customer" in world.traces(), "whoever tells of it has erased by itself; a backup brought it back"
    desk.says("erasures", "apply")
    world.drains()
    assert "crm customer" not in world.traces()


@pytest.mark.parametrize("before_the_account", [False, True])
def test_the_list_is_applied_to_a_ledger_that_was_restored(desk: Desk, before_the_account: bool) -> None:
    world, empty = desk.world, desk.world.backup()
    world.buys()
    backup = empty if before_the_account else world.backup()
    world.redacted()
    world.drains()
    world.restore(backup)
    world.comes_back("crm")
    assert "1 erasures are applied again" in desk.says("erasures", "apply")
    world.drains()
    assert world.traces() == {}
    assert desk.told("erasures", "prove", KEY, "--settings", "any.toml", "--json")["proved"] is True
    [wish] = desk.told("erasures", "list", "--json")
    assert wish["finished_at"]
