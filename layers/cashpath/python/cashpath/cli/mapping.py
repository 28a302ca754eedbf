"""`cashpath mapping try`: what a brand's own fields make of a sample record, before and after. No request is made."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cashpath.cli import show
from cashpath.cli.settings import SETTINGS, loaded, system_in

if TYPE_CHECKING:
    from cashpath.systems.mapping import Mapped

app = typer.Typer(no_args_is_help=True, help="The fields that a brand maps for itself.")


@app.callback()
def mapping() -> None:
    """The fields that a brand maps for itself."""


@app.command("try")
def attempt(
    system: Annotated[str, typer.Argument(help="The system, as the stage's TOML names it.")],
    kind: Annotated[str, typer.Argument(help="customer, company, product or variant.")],
    sample: Annotated[Path, typer.Argument(help="JSON: the vendor's values by the vendor's own field names.")],
    settings: Annotated[Path, SETTINGS],
) -> None:
    """Read a sample record and write it back: the vendor's value, ours, and the vendor's again, by field."""
    from cashpath.settings.fields import MAPPABLE
    from cashpath.systems.mapping import FieldMap

    if kind not in MAPPABLE:
        raise typer.BadParameter(f"only {', '.join(MAPPABLE)} can have fields of their own, not {kind!r}")
    stage = loaded(settings)
    fields = FieldMap.of_settings(stage.mapped(system_in(stage, settings, system)))
    theirs = _sample(sample)
    rows = [_tried(mapped, theirs) for mapped in fields.of(kind)]
    if not rows:
        typer.echo(f"{settings} maps no fields of {kind} in {system}")
        return
    show.table(f"{system}: {kind}", ("field", "theirs", "is", "before", "canonical", "after"), rows)
    if any(row[-1].startswith("✗") for row in rows):
        raise typer.Exit(1)


def _sample(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} is no JSON that can be read: {error}") from error
    if not isinstance(said, dict):
        raise typer.BadParameter(f"{file} must hold one object: the vendor's values by the vendor's field names")
    return said


def _tried(mapped: "Mapped", theirs: dict[str, Any]) -> list[str]:
    from cashpath.records.money import BadRecord

    before = theirs.get(mapped.field)
    told = [f"custom.{mapped.name}", mapped.field + (f" → {mapped.path}" if mapped.path else ""), mapped.type]
    try:
        ours = mapped.read(before)
        after = mapped.write(ours, before) if mapped.writes else "(not written)"
    except BadRecord as wrong:
        return [*told, _shown(before), "", f"✗ {wrong}"]
    return [*told, _shown(before), _shown(ours), _shown(after)]


def _shown(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
