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


class NodeOfAnotherChain(InputError):
    """Raised when one of several nodes shows another chain."""

    code = "doctor.node-of-another-chain"
    cause = "Not every node shows this chain: {nodes}."
    remedy = "Take the node of another chain out of rpc in the config; where two chains claim one past, find out why."


class NodesUnfit(UnreachableError):
    """Raised when some of several nodes could not stand in now."""

    code = "doctor.nodes-unfit"
    cause = "{fit} of {count} nodes can be used now: {nodes}."
    remedy = "Check those that are not good; a node that comes back is tried again by itself within half a minute."


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


class KuboTrustsItsDisk(InputError):
    """Raised when a Kubo node gives out blocks without hashing them."""

    code = "doctor.kubo-trusts-its-disk"
    cause = "The Kubo node at {node} does not hash what it reads: damage on its disk looks like data."
    remedy = "Run ipfs config --bool Datastore.HashOnRead true and restart the node."


class KuboFetchesForStrangers(InputError):
    """Raised when the gateway of a Kubo node fetches what it does not have."""

    code = "doctor.kubo-fetches-for-strangers"
    cause = "The HTTP gateway of the Kubo node at {node} fetches whatever it is asked for from the swarm."
    remedy = "Run ipfs config --bool Gateway.NoFetch true and restart the node."


class KuboGatewayOpen(InputError):
    """Raised when the HTTP gateway of a Kubo node listens for other machines."""

    code = "doctor.kubo-gateway-open"
    cause = "The HTTP gateway of the Kubo node at {node} listens at {address}, where other machines reach it."
    remedy = "Run ipfs config Addresses.Gateway /ip4/127.0.0.1/tcp/8080 and restart the node."


class KuboRpcOpen(InputError):
    """Raised when the RPC of a Kubo node listens for other machines: whoever reaches it may delete everything."""

    code = "doctor.kubo-rpc-open"
    cause = "The RPC of the Kubo node at {node} listens at {address}: who reaches it can unpin and delete everything."
    remedy = "Run ipfs config Addresses.API /ip4/127.0.0.1/tcp/5001 and restart the node."


class KuboWatermark(InputError):
    """Raised when the share of the room at which a Kubo node collects garbage is none."""

    code = "doctor.kubo-watermark"
    cause = "The Kubo node at {node} collects garbage at {found} percent of its room, which is not from 50 to 95."
    remedy = "Run ipfs config --json Datastore.StorageGCWatermark 90 and restart the node; what is pinned is kept."


class KuboAlmostFull(UnreachableError):
    """Raised when a Kubo node has used up the room that its settings give it."""

    code = "doctor.kubo-almost-full"
    cause = "The Kubo node at {node} uses {size} of {most} MiB: it collects garbage at every turn, and pins leave none."
    remedy = "Give it more room: ipfs config Datastore.StorageMax 100GB, and restart the node."


class KuboSwarmOpen(InputError):
    """Raised when a Kubo node shows that its swarm is not a private one."""

    code = "doctor.kubo-swarm-open"
    cause = "The Kubo node at {node} listens at {address}, which no private swarm can: it has no swarm key."
    remedy = "Put the consortium's swarm.key into its folder and start it with LIBP2P_FORCE_PNET=1."


class KuboBootstrap(InputError):
    """Raised when a Kubo node seeks peers of the public network when it starts."""

    code = "doctor.kubo-bootstrap"
    cause = "The Kubo node at {node} looks for peers at {address} when it starts."
    remedy = "Run ipfs bootstrap rm --all, then ipfs bootstrap add with the consortium's own nodes."


class KuboConfiguredFromAfar(InputError):
    """Raised when a Kubo node takes settings from a server of the public network."""

    code = "doctor.kubo-configured-from-afar"
    cause = "The Kubo node at {node} takes peers, resolvers and routers from a server that the consortium does not run."
    remedy = "Run ipfs config --json AutoConf.Enabled false and restart the node."


class KuboAsksPublicRouters(InputError):
    """Raised when a Kubo node asks or tells servers of others who has which content."""

    code = "doctor.kubo-asks-public-routers"
    cause = "The Kubo node at {node} has the routing {found}: it tells servers of others what it has and seeks."
    remedy = "Run ipfs config Routing.Type none (or dht in a private swarm) and restart the node."


class CopiesMissing(UnreachableError):
    """Raised when confirmed bodies lie on fewer nodes than the rule says."""

    code = "doctor.copies-missing"
    cause = "{below} confirmed bodies lie on fewer than {needed} nodes; of {lost} of them no copy is proven."
    remedy = "Look at medshare record copies, and see that the holders' gateways run; medshare serve mends what it can."


class ErasureUnanswered(UnreachableError):
    """Raised when holders of copies have not signed that they destroyed erased ones."""

    code = "doctor.erasure-unanswered"
    cause = "{count} words of holders are missing that their copy of an erased document is destroyed."
    remedy = (
        "Look at medshare record copies, and ask these institutions; medshare serve asks them again in every round."
    )
