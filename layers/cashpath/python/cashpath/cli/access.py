"""What a shell lacks to reach AWS, and the line to paste that gives it."""

from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

SANDBOX = "For the sandbox on this machine, paste the line that `make up` prints beside 'be an operator'."
REGION = "export AWS_DEFAULT_REGION=eu-central-1"
CREDENTIALS = "export AWS_PROFILE=default"


def lacking(problem: Exception) -> str:
    """What to export, where this is what a shell lacks; '' for any other refusal of AWS's."""
    match problem:
        case NoRegionError():
            return f"no AWS region is set. Export the one that the stage is deployed in:\n  {REGION}\n{SANDBOX}"
        case NoCredentialsError() | PartialCredentialsError():
            why = "no AWS credentials are set, or not all of them. Export the profile that has them"
            return f"{why}:\n  {CREDENTIALS}\n{SANDBOX}"
        case ProfileNotFound():
            return f"{problem}. Export one that `aws configure list-profiles` names:\n  {CREDENTIALS}\n{SANDBOX}"
        case EndpointConnectionError():
            address = problem.kwargs["endpoint_url"]
            return (
                f"nothing answers at {address}. If that is the sandbox, start it with `make up`.\n"
                "If it is to be AWS itself:\n  unset AWS_ENDPOINT_URL"
            )
    return ""
