"""Makes the sandbox's Tryton database: modules and books set up once, the file kept and copied for each run."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

MODULES = (
    *("sale_subscription", "account_credit_limit", "account_payment", "account_invoice", "sale"),
    *("party_relationship", "product_kit"),
)
DATABASE = "cashpath"
COMPANY = "Sandbox Trading"
GUESTS = "Webshop guests"
EXEMPT = "Exempt"  # the tax rule of customers who pay no tax
REDUCED, UNTAXED = "Reduced rate", "Untaxed goods"  # accounting categories
CONTACT, FURTHER = "Contact of", "Also contact of"  # types of relation: the company one buys for, and further ones
USER, PASSWORD = "cashpath", "sandbox-only-secret"  # loopback only: the database is thrown away
ADMIN_PASSWORD = "admin-of-a-database-on-loopback"
CONF = """[database]
uri = sqlite://
path = {directory}
[web]
listen = 127.0.0.1:{port}
[queue]
worker = True
[session]
timeout = 86400
"""


def cache() -> Path:
    """Where templates are kept: below the folder that the sandbox is run from, or `CASHPATH_CACHE`."""
    return Path(os.environ.get("CASHPATH_CACHE", ".cashpath")).absolute() / "tryton"


def template() -> Path:
    """The set-up database file; made now, in about a minute, where no earlier run made it. Safe for many at once:
    whoever finishes first puts its file in place."""
    kept = cache() / _fingerprint() / f"{DATABASE}.sqlite"
    if kept.exists():
        return kept
    work = kept.parent.with_name(f"{kept.parent.name}.{os.getpid()}")
    work.mkdir(parents=True)
    try:
        make(work)
        kept.parent.mkdir(exist_ok=True)
        os.replace(work / kept.name, kept)
    finally:
        shutil.rmtree(work)
    return kept


def make(directory: Path) -> None:
    """Make a set-up database in `directory`. Raises CalledProcessError, with what Tryton said, where that fails."""
    conf = write_conf(directory, port=0)
    (directory / "password").write_text(ADMIN_PASSWORD, encoding="utf-8")
    (directory / f"{DATABASE}.sqlite").touch()
    environment = {**os.environ, "TRYTONPASSFILE": str(directory / "password")}
    admin = [tool("trytond-admin"), "-c", str(conf), "-d", DATABASE, "--all", "--email", "admin@example.com"]
    _run([*admin, "-u", *MODULES, "--activate-dependencies"], environment)
    _run([sys.executable, "-m", "cashpath_sandbox.tryton.books", DATABASE, str(conf)], environment)


def copy(directory: Path) -> None:
    """Put a fresh copy of the set-up database into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template(), directory / f"{DATABASE}.sqlite")


def write_conf(directory: Path, port: int) -> Path:
    """Tryton's configuration for a database in `directory`."""
    conf = directory / "trytond.conf"
    conf.write_text(CONF.format(directory=directory, port=port), encoding="utf-8")
    return conf


def tool(name: str) -> str:
    """A command of the environment that runs us."""
    return str(Path(sys.executable).parent / name)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr[-4000:])


def _fingerprint() -> str:
    """Changes with anything that the file depends on: the set-up code, and Tryton's version."""
    books = Path(__file__).with_name("books.py")
    parts = (books.read_bytes(), Path(__file__).read_bytes(), version("trytond").encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


if __name__ == "__main__":
    template()
