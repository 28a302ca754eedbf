"""Measures and prints. Ratios are of this machine at this moment, each side measured in turn."""

from rich.console import Console
from rich.table import Table
from tests.bench.ordering import Step, real_tryton, steps
from tests.bench.receiving import Beside, cold, fresh, warm
from tests.bench.stub import AwsStub, serving
from tests.bench.unpacked import unpacked

FUNCTIONS = ("receive", "create_orders", "reconcile", "record_exceptions")
console = Console(width=120)


def main() -> None:
    """All of it, the quick parts first."""
    with serving() as stub:
        asked = receiving(stub)
        imports(stub)
    console.print(
        "\n[bold]One order, request by request[/bold] (M# match, L# link, R# root or way back to it, X# exception)"
    )
    console.print(f"receive: {', '.join(asked)}; once warm, SendMessage alone. SQS's poller adds receive and delete.")
    console.print(
        "create_orders, cold: one GetSecretValue for each system it talks to, and one for the key of matches."
    )
    with real_tryton() as tryton:
        for step in steps(tryton):
            ordering(step)


def receiving(stub: AwsStub) -> list[str]:
    """What a webhook costs; what its first one asked of AWS."""
    table = Table(
        "receive, one signed order webhook", "ours ms", "floor ms", "ratio", title="Receive", title_justify="left"
    )
    _row(table, "warm, CPU (network answered at once)", warm(stub))
    wall, cpu, asked = cold(stub)
    _row(table, "cold, fresh process to answer, wall", wall)
    _row(table, "cold, fresh process to answer, CPU", cpu)
    console.print(table)
    return asked


def imports(stub: AwsStub) -> None:
    """What each function's handler imports before its first notice."""
    table = Table("function", "CPU ms", "modules", "packages", title="Cold imports", title_justify="left")
    for name in FUNCTIONS:
        with unpacked(name) as file:
            told = min((fresh(file, stub).told for _ in range(3)), key=lambda told: float(told["ms"]))
        table.add_row(name, f"{told['ms']:.0f}", str(told["modules"]), " ".join(told["packages"]))
    console.print(table)


def ordering(step: Step) -> None:
    """What a step sent, told in its order; what repeats a notice before it in the same step is counted only."""
    aws, vendors = step.count(aws=True), step.count(aws=False)
    console.print(
        f"\n[bold]{step.name}[/bold]: {aws} to AWS, {vendors} to vendors; {', '.join(step.ended) or 'nothing'}"
    )
    for (place, asked), times in step.runs():
        told = f"  {place:8} {asked}" + (f"  ×{times}" if times > 1 else "")
        console.print(told, markup=False, highlight=False, soft_wrap=True)


def _row(table: Table, what: str, measured: Beside) -> None:
    table.add_row(what, f"{measured.ours:.2f}", f"{measured.floor:.2f}", f"{measured.ratio:.2f}")


if __name__ == "__main__":
    main()
