"""Assembles what is uploaded: the layer, and a folder for each function. Without Docker; everything under `.build`.

Folders are named by what is in them: what was assembled before is used again, and two runs never disturb each other.

boto3 is not in the layer, so the layer's lock leaves it out: Lambda's runtime has it, ready on disk. In the layer, its
25 MB would be most of what a cold start unpacks, and the code keeps to calls that boto3 has had for years.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

from infra.target import Target

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".build"
LAYER = ROOT / "layers" / "cashpath"


def function(name: str, settings: Mapping[str, str]) -> Path:
    """The folder of one function: its handler, and its slices of the settings by file name."""
    files = {"handler.py": (ROOT / "functions" / name / "handler.py").read_text(encoding="utf-8"), **settings}

    def assemble(folder: Path) -> None:
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")

    return _once(name, "".join(f"{file}\n{text}\n" for file, text in files.items()), assemble)


def layer(target: Target) -> Path:
    """The folder of the layer: the dependencies of its lock, for the target's platform, and the package."""
    dependencies, package = _dependencies(target), LAYER / "python" / "cashpath"
    sources = sorted(package.rglob("*.py"))
    content = "".join(f"{source.relative_to(package)}\n{source.read_text(encoding='utf-8')}\n" for source in sources)

    def assemble(folder: Path) -> None:
        python = folder / "python"
        shutil.copytree(dependencies, python)
        shutil.copytree(package, python / "cashpath", ignore=shutil.ignore_patterns("__pycache__"))
        if target.here:
            _compile(python / "cashpath")

    return _once("layer", f"{dependencies.name}\n{content}", assemble)


def _dependencies(target: Target) -> Path:
    """The installed dependencies. They are checked against their hashes as they are installed."""
    lock = LAYER / "requirements.lock"

    def assemble(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--no-compile", "--require-hashes"]
        if not target.here:
            command += ["--only-binary=:all:", "--platform", target.wheels, "--python-version", target.python]
        subprocess.run([*command, "--target", str(folder), "-r", str(lock)], check=True)
        shutil.rmtree(folder / "bin", ignore_errors=True)
        if target.here:
            _compile(folder)

    return _once("dependencies", f"{target.python} {target.wheels}\n{lock.read_text(encoding='utf-8')}", assemble)


def _compile(folder: Path) -> None:
    """Byte code by content, not by time: a worker need not compile, and the same source stays the same asset."""
    mode = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=1, stripdir=str(folder), invalidation_mode=mode)


def _once(name: str, content: str, assemble: Callable[[Path], None]) -> Path:
    """The folder for this content, assembled where it is not there yet. It appears whole or not at all."""
    folder = BUILD / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    BUILD.mkdir(exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=BUILD))
    unfinished.chmod(0o755)
    try:
        assemble(unfinished)
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():  # somebody else may have been quicker
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
