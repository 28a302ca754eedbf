"""Where the app is deployed to: AWS, or the emulator on this machine, which runs functions with this interpreter."""

import platform
import sys
from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True, kw_only=True)
class Target:
    """`python` is the interpreter that functions run on. `wheels` is the platform tag of compiled dependencies, ''
    where this machine's own are right. `endpoint` is where the emulator listens, '' in AWS."""

    python: str
    architecture: lambda_.Architecture
    wheels: str = ""
    endpoint: str = ""

    @property
    def runtime(self) -> lambda_.Runtime:
        """The Lambda runtime."""
        return lambda_.Runtime(f"python{self.python}", lambda_.RuntimeFamily.PYTHON)

    @property
    def here(self) -> bool:
        """Whether functions run on the interpreter that synthesises the app."""
        return not self.wheels


def aws() -> Target:
    """Lambda on Arm, which costs a fifth less than x86 for the same work."""
    return Target(python="3.14", architecture=lambda_.Architecture.ARM_64, wheels="manylinux2014_aarch64")


def emulator(endpoint: str) -> Target:
    """The emulator that listens at `endpoint`."""
    arm = platform.machine() in ("arm64", "aarch64")
    return Target(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
        endpoint=endpoint,
    )
