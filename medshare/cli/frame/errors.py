"""What can be wrong at the keyboard and in a home, one class per cause."""

from __future__ import annotations

from medshare.errors import CancelledError, InputError, NotFoundError, RefusedError, UnreachableError


class Usage(InputError):
    """Raised when the words of a command line are not ones that the command takes."""

    code = "cli.usage"
    cause = "This command line does not fit: {message}."
    remedy = "Ask for help: {command} --help."


class AnswerNeeded(InputError):
    """Raised when a question would be asked where nobody sits at a terminal."""

    code = "cli.answer-needed"
    cause = "This command asks “{question}”, and there is no terminal to ask at."
    remedy = "Give {option}."


class SaidNo(CancelledError):
    """Raised when the person at the keyboard says no, or ends the input."""

    code = "cli.said-no"
    cause = "Nothing was done."
    remedy = "Run the command again when you want it done."


class NoHome(NotFoundError):
    """Raised when there is no home where a command looks for one."""

    code = "home.none"
    cause = "There is no MedShare home at {place}."
    remedy = "Make one with medshare init, or name another with --home."


class HomeExists(InputError):
    """Raised when a home is to be made where one stands."""

    code = "home.exists"
    cause = "There is a MedShare home at {place} already."
    remedy = "Name another place with --home; a home is never overwritten."


class HomeUnwritable(UnreachableError):
    """Raised when a file of the home cannot be written or read."""

    code = "home.unwritable"
    cause = "{place} cannot be used: {why}."
    remedy = "Check the folder, its owner and its rights, and the room on the disk."


class HomeBusy(UnreachableError):
    """Raised when another command works on the same home."""

    code = "home.busy"
    cause = "Another command is at work in {place}."
    remedy = "Wait until it has ended, and try again."


class FileKept(InputError):
    """Raised when a file would be overwritten."""

    code = "home.file-kept"
    cause = "There is a file at {place} already."
    remedy = "Choose another name; keys are never overwritten."


class FileOpen(InputError):
    """Raised when others may read a file that holds a key."""

    code = "home.file-open"
    cause = "Others may read {place}, which holds a key."
    remedy = "Run chmod 600 on it; if somebody may have read it, change the key."


class BadConfig(InputError):
    """Raised when a config file is not of the form that MedShare reads."""

    code = "config.bad"
    cause = "The config file {place} is not valid: {why}."
    remedy = "Correct that line; docs/cli.md lists every setting."


class UnknownSetting(InputError):
    """Raised when a config file has a setting that does not exist."""

    code = "config.unknown-setting"
    cause = "The config file {place} has the setting {name}, which does not exist."
    remedy = "Did you mean {nearest}?"


class NoSuchNetwork(NotFoundError):
    """Raised when a network is named that the config does not have."""

    code = "config.no-such-network"
    cause = "The config has no network called {name}."
    remedy = "Take one of these, or add it to the config file: {known}."


class NoSuchAccount(NotFoundError):
    """Raised when the home has no keystore of a name."""

    code = "account.none"
    cause = "This home has no account called {name}."
    remedy = "List them with medshare account list, or make one with medshare account new."


class BadAccountName(InputError):
    """Raised when an account is given a name that is no good file name."""

    code = "account.bad-name"
    cause = "{name} cannot be the name of an account."
    remedy = "Use 1 to 40 lower-case letters, digits and hyphens, and begin with a letter."


class KeyMissing(NotFoundError):
    """Raised when a home lacks a key that its role needs."""

    code = "home.key-missing"
    cause = "This home has no {what}: there is no file {place}."
    remedy = "Restore it from its backup, or make a new home with medshare init."


class WrongRole(InputError):
    """Raised when a command is for another role than the home's."""

    code = "home.wrong-role"
    cause = "This home is of the role {role}; the command is for {wanted}."
    remedy = "Name the home of the right role with --home."


class PassphrasesDiffer(InputError):
    """Raised when a new passphrase was typed differently the second time."""

    code = "keystore.passphrases-differ"
    cause = "The two passphrases are not the same."
    remedy = "Run the command again and type it twice alike."


class PassphraseFd(InputError):
    """Raised when the file descriptor gives no passphrase."""

    code = "keystore.no-passphrase-there"
    cause = "File descriptor {number} gives no passphrase."
    remedy = "Open it for reading and write one line for each key that the command opens."


class SealedMalformed(InputError):
    """Raised when a sealed key file opens and holds something else."""

    code = "keystore.not-what-it-should-be"
    cause = "The file {place} opened, and does not hold {what}."
    remedy = "Restore it from its backup."


class InitUnfinished(InputError):
    """Raised when a patient's home is used before its 24 words were typed back."""

    code = "home.unfinished"
    cause = "This home is not finished: nobody has typed the 24 words back yet."
    remedy = "Run medshare init patient again; it goes on where it stopped."


class ChainRunsElsewhere(InputError):
    """Raised when a local chain is to be started at a port where another one answers."""

    code = "chain.port-taken"
    cause = "A chain that is not this home's answers at port {port}."
    remedy = "Use it with --rpc, or take another port with --port."


class ChainStays(UnreachableError):
    """Raised when the local chain does not stop."""

    code = "chain.stays"
    cause = "The local chain, process {pid}, does not stop."
    remedy = "Look at what it does; end it by its process id if you must."


class NotLocal(InputError):
    """Raised when play money is asked for on a chain that has none."""

    code = "chain.not-local"
    cause = "The node at {node} is no local test chain."
    remedy = "Only an Anvil hands out play money; elsewhere send ether from another account."


class ChainRuns(InputError):
    """Raised when a running chain is to be forgotten."""

    code = "chain.runs"
    cause = "The local chain runs."
    remedy = "Stop it first: medshare chain down."


class NoSuchOrganisation(NotFoundError):
    """Raised when no accredited account, or more than one, has a name."""

    code = "org.none"
    cause = "No single accredited account is called {name}."
    remedy = "List them with medshare org list, and give the address."


class BadJoin(InputError):
    """Raised when a file does not hold a staff account's signed word that it joins."""

    code = "org.bad-join"
    cause = "{file} does not hold what medshare org join prints."
    remedy = "Let the staff account run medshare org join --json again."


class UnknownCategory(InputError):
    """Raised when a category is named that does not exist."""

    code = "cli.unknown-category"
    cause = "There is no category called {name}."
    remedy = "Did you mean {nearest}?"


class NoSuchId(NotFoundError):
    """Raised when nothing here has an id that begins so."""

    code = "cli.no-such-id"
    cause = "There is no {what} whose id begins with {id}."
    remedy = "List them, and give six or more of the first digits."


class IdAmbiguous(InputError):
    """Raised when several ids begin so."""

    code = "cli.id-ambiguous"
    cause = "The ids of {count} things of the kind {what} begin with {id}."
    remedy = "Give more digits."


class NoGatewayKnown(NotFoundError):
    """Raised when a command needs a gateway and knows none."""

    code = "cli.no-gateway-known"
    cause = "This home knows no gateway to ask."
    remedy = "Name one with --gateway, or add it with medshare org know."


class NothingChosen(InputError):
    """Raised when a consent is to be given that says neither what nor why, or names an unknown action."""

    code = "consent.nothing-chosen"
    cause = "This consent does not say what, why and which actions."
    remedy = "Give --category and --purpose, or --everything-for-my-care; actions are read, write, export and others."


class NotPermitted(RefusedError):
    """Raised when the chain would not permit a read."""

    code = "consent.not-permitted"
    cause = "The chain says no: {why}."
    remedy = "Ask the patient for a consent that covers it."


class GatewayUnknownHere(NotFoundError):
    """Raised when a gateway's URL is not known for an institution."""

    code = "org.gateway-unknown"
    cause = "This home does not know where the gateway of {name} answers."
    remedy = "Run medshare org know with its URL."


class NotAnswered(NotFoundError):
    """Raised when a patient has not answered a request with a consent."""

    code = "request.not-answered"
    cause = "No consent answers the request {id}."
    remedy = "Ask for its state with medshare request status; she may be thinking, or have said no."


class NotifierFailed(UnreachableError):
    """Raised when the local notifier cannot be run, or says that it failed."""

    code = "sync.notifier-failed"
    cause = "The notifier {line} did not take the news."
    remedy = "Try the command by itself; it gets one line of JSON on its standard input."


class NotOverseeing(InputError):
    """Raised when an account asks gateways what only a regulator gets, and is none on the chain."""

    code = "audit.not-overseeing"
    cause = "The account {account} is not accredited as a regulator."
    remedy = "Accredit it: medshare org register {account} --role regulator."
