"""What the doctor names that no other part of MedShare raises, one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


class HomeOpen(InputError):
    """Raised when others may enter the home."""

    code = "doctor.home-open"
    cause = "Others may enter the folder {place}."
    remedy = "Run chmod 700 on it."


class RpcInTheClear(InputError):
    """Raised when the node is far away and reached without encryption."""

    code = "doctor.rpc-in-the-clear"
    cause = "The node at {node} is elsewhere and reached over plain HTTP: anybody between can lie about the chain."
    remedy = "Use https, a tunnel, or a node of your own on this machine."


class ClockBehind(InputError):
    """Raised when the newest block is from the future of this machine."""

    code = "doctor.clock-behind"
    cause = "The newest block is {seconds} seconds ahead of this machine's clock."
    remedy = "Set the clock by NTP; consents begin and end by it."


class TooFewValidators(NotFoundError):
    """Raised when no document can be confirmed because too few others may confirm it."""

    code = "doctor.too-few-validators"
    cause = "{found} other institutions may confirm documents; {needed} are needed."
    remedy = "Ask the regulator to accredit more validators; until then nothing is confirmed."


class ParticipantInactive(InputError):
    """Raised when an account is suspended or was removed."""

    code = "doctor.participant-inactive"
    cause = "The account {account} is {status} on the chain."
    remedy = "Ask the regulator why; everything it does is refused."


class GatewayNotStaff(NotFoundError):
    """Raised when the gateway's account may not run the institution's gateway."""

    code = "doctor.gateway-not-staff"
    cause = "The gateway's account {account} is no active gateway account of {institution}."
    remedy = "Run medshare org add-staff with --gateway for it."


class AccountEmpty(NotFoundError):
    """Raised when an account that must pay holds no ether."""

    code = "doctor.account-empty"
    cause = "The account {account} holds no ether and can send nothing."
    remedy = "Send it some; on a local chain, run medshare chain fund."


class PublishedKeyDiffers(IntegrityError):
    """Raised when the key on the chain is not the one in the home."""

    code = "doctor.published-key-differs"
    cause = "The encryption key on the chain is not the one of this home."
    remedy = "Restore the right key from its backup, or publish this one with medshare org publish-key."


class GatewaySilent(UnreachableError):
    """Raised when the institution's own gateway does not answer where others look for it."""

    code = "doctor.gateway-silent"
    cause = "No gateway answers at {url}."
    remedy = "Start it with medshare serve, or correct gateway.url in the config."


class GatewayOther(IntegrityError):
    """Raised when another gateway answers at the institution's URL."""

    code = "doctor.gateway-other"
    cause = "The gateway at {url} is {found}, not {expected}."
    remedy = "Correct gateway.url in the config, or what the proxy leads to."


class DiskAlmostFull(UnreachableError):
    """Raised when there is little room left for the home."""

    code = "doctor.disk-almost-full"
    cause = "Only {free} MiB are free where {place} lies."
    remedy = "Make room: when the disk is full, no receipt can be written and nothing is released."


class RecoveryMissing(NotFoundError):
    """Raised when a patient has no recovery address."""

    code = "doctor.recovery-missing"
    cause = "No recovery address stands on the chain: a lost or stolen account key cannot be replaced."
    remedy = "Name one with medshare account recovery; its key belongs on another device."


class NotRegistered(NotFoundError):
    """Raised when a patient's address is not on the chain."""

    code = "doctor.not-registered"
    cause = "The address {address} is not registered on the chain."
    remedy = "Enrol at an institution: medshare enrol answer."


class LightKey(InputError):
    """Raised when a keystore is derived too quickly for anything but tests."""

    code = "doctor.light-key"
    cause = "The key file {place} was made with --light: its passphrase is guessed 64 times sooner."
    remedy = "Make a new account without --light before real use."
