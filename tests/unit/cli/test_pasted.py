"""Every printed command can be pasted: it names what the shell does not choose; a bare shell is told what it lacks."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cashpath.cli.app import app
from cashpath.cli.pasted import pasted
from cashpath.cli.stage import Stage

COMMAND = Path(sys.executable).with_name("cashpath")


@pytest.fixture(autouse=True)
def _bare_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CASHPATH_STAGE", "CASHPATH_SETTINGS"):
        monkeypatch.delenv(name, raising=False)


def test_the_stage_is_named_where_the_shell_does_not_choose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "see `cashpath exceptions list`"
    assert pasted(text, Stage("local")) == text
    assert pasted(text, Stage("prod")) == "see `cashpath --stage prod exceptions list`"
    monkeypatch.setenv("CASHPATH_STAGE", "prod")
    assert pasted(text, Stage("prod")) == text


def test_the_settings_are_named_where_the_command_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "`cashpath customers link shop/customer/7 erp 1` or `cashpath unlink shop/customer/7 erp`"
    link = "`cashpath --stage prod customers link shop/customer/7 erp 1 --settings {}`"
    unlink = "`cashpath --stage prod unlink shop/customer/7 erp`"
    assert pasted(text, Stage("prod")) == f"{link.format('infra/stages/prod.toml')} or {unlink}"
    assert pasted(text, Stage("prod"), Path("my.toml")) == f"{link.format('my.toml')} or {unlink}"
    monkeypatch.setenv("CASHPATH_SETTINGS", "theirs.toml")
    assert pasted(text, Stage("local")) == text


def test_a_refusal_is_one_line_so_that_its_command_is_whole() -> None:
    refused = CliRunner().invoke(app, ["link", "shop/customer/7", "erp"], env={"COLUMNS": "60"})
    assert refused.exit_code == 2
    assert not re.search("[│╭╰]", refused.output)


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command in a shell that holds nothing but its PATH, and what is given."""
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", **environment}
    return subprocess.run([COMMAND, *command], env=bare, capture_output=True, text=True, check=False, timeout=60)


def exported(said: str) -> dict[str, str]:
    """The variables of the one line to export."""
    [line] = [line.strip() for line in said.splitlines() if line.strip().startswith("export ")]
    return dict(word.split("=", 1) for word in shlex.split(line)[1:])


def test_a_bare_shell_is_told_line_by_line_what_to_export() -> None:
    region = run("status")
    assert (region.returncode, region.stdout) == (2, "")
    assert region.stderr.startswith("cashpath: no AWS region is set.")
    credentials = run("status", **exported(region.stderr))
    assert (credentials.returncode, credentials.stdout) == (2, "")
    assert credentials.stderr.startswith("cashpath: no AWS credentials are set")
    profile = run("status", **exported(region.stderr), **exported(credentials.stderr))
    assert profile.returncode == 2
    assert "could not be found. Export one that `aws configure list-profiles` names" in profile.stderr


def test_who_asks_a_sandbox_that_is_down_is_told_to_start_it() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "eu-central-1"}
    asked = run("status", **keys, AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert asked.returncode == 2
    assert "nothing answers at http://127.0.0.1:9" in asked.stderr
    assert "`make up`" in asked.stderr
