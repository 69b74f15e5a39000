"""What can be wrong with a deployment, one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


class NoDeployment(NotFoundError):
    """Raised when no deployment of a chain is known."""

    code = "deployment.none"
    cause = "The contracts are not deployed on this chain: there is no {path}."
    remedy = "Deploy them, or give the deployment file of this chain."


class BadDeploymentFile(InputError):
    """Raised when a deployment file is not of the form that MedShare writes."""

    code = "deployment.bad-file"
    cause = "The deployment file {path} is not valid: {why}."
    remedy = "Use the file as the deployment wrote it."


class FileNotWritten(UnreachableError):
    """Raised when a deployment file cannot be written."""

    code = "deployment.file-not-written"
    cause = "The deployment file {path} cannot be written."
    remedy = "Check the folder and its rights, and deploy again: nothing was sent."


class OtherVersion(InputError):
    """Raised when a deployment was made with other contracts than this MedShare has."""

    code = "deployment.other-version"
    cause = "The {contract} of this deployment is not the one that this MedShare speaks with."
    remedy = "Use the version of MedShare that deployed it."


class DeployerIsRegulator(InputError):
    """Raised when one account would deploy and govern: its power could not be given up."""

    code = "deployment.deployer-is-regulator"
    cause = "The deployer and the regulator are the same account {account}."
    remedy = "Deploy with another account, which keeps no power."


class DeployerMoved(InputError):
    """Raised when an unfinished deployment cannot go on: the deployer's account did something else."""

    code = "deployment.deployer-moved"
    cause = "The account {deployer} has sent {nonce} transactions; the deployment needs it at {expected}."
    remedy = "Remove the deployment file and deploy anew."


class SettingDiffers(IntegrityError):
    """Raised when a live deployment is not set up as it must be."""

    code = "deployment.setting-differs"
    cause = "{what} of {contract} is {found}, not {expected}."
    remedy = "Do not use this deployment until somebody has explained it."


class PowerLeft(IntegrityError):
    """Raised when an account holds a power that it must not have."""

    code = "deployment.power-left"
    cause = "The account {account} holds the role {role} of the access manager."
    remedy = "Do not use this deployment until that role is revoked."


class AnvilMissing(NotFoundError):
    """Raised when there is no Anvil to start."""

    code = "anvil.missing"
    cause = "There is no Anvil to run a local chain with."
    remedy = "Run npm ci in the project, put anvil on PATH, or set MEDSHARE_ANVIL to the program."


class AnvilFailed(UnreachableError):
    """Raised when Anvil does not start, or does not answer in time."""

    code = "anvil.failed"
    cause = "Anvil did not start: {why}."
    remedy = "Read its last lines; another program may use the port or the state file."
