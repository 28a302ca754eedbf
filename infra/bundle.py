"""Assembles what is uploaded: the layer, and a folder for each function. Without Docker; everything under `.build`.

boto3 is not in the layer: Lambda's runtime has it, and without its 25 MB a cold start unpacks a tenth. The lock of the
layer therefore leaves it out, and the code keeps to calls that the runtime's version has had for years.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

from infra.target import Target

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".build"
LAYER = ROOT / "layers" / "cashpath"


def function(name: str, settings: Mapping[str, str]) -> Path:
    """The folder of one function: its handler, and its slices of the settings by file name."""
    folder = BUILD / "functions" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(ROOT / "functions" / name / "handler.py", folder / "handler.py")
    for file, text in settings.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def layer(target: Target) -> Path:
    """The folder of the layer: the dependencies of its lock, for the target's platform, and the package."""
    folder = BUILD / "layer"
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "python"
    shutil.copytree(_dependencies(target), python)
    shutil.copytree(LAYER / "python" / "cashpath", python / "cashpath", ignore=shutil.ignore_patterns("__pycache__"))
    if target.here:
        _compile(python / "cashpath")
    return folder


def _dependencies(target: Target) -> Path:
    """The installed dependencies, from the cache where this lock was installed for this target before."""
    lock = LAYER / "requirements.lock"
    key = hashlib.sha256(f"{target.python} {target.wheels}\n{lock.read_text(encoding='utf-8')}".encode()).hexdigest()
    folder = BUILD / "dependencies" / key[:16]
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--require-hashes"]
    if target.wheels:
        command += ["--only-binary=:all:", "--platform", target.wheels, "--python-version", target.python]
    subprocess.run([*command, "--target", str(unfinished), "-r", str(lock)], check=True)
    shutil.rmtree(unfinished / "bin", ignore_errors=True)
    if target.here:
        _compile(unfinished)
    return unfinished.rename(folder)


def _compile(folder: Path) -> None:
    """Byte code by content, not by time: a worker need not compile, and the same source stays the same asset."""
    mode = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=1, stripdir=str(folder), invalidation_mode=mode)
