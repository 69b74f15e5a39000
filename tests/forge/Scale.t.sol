// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests} from "../../interfaces/IAccessRequests.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {Meter} from "./Meter.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev What each act of a year costs when MEDSHARE_ENTRIES others are in each contract's storage, and what it leaves
/// on the chain. Actors, keys and bytes are the same whatever that number is, so gas must be the same too, to the unit.
/// `scripts/bench_scale.py` runs it at four numbers. Run with `--isolate`.
///
/// The others are written into their storage slots: granting a million consents by signature takes hours, and leaves
/// the same words in the same slots. The contracts' own views are asked whether they are there.
contract ScaleTest is Meter {
    uint256 private constant BATCH = 20_000;
    /// @dev Where the compiler put the mappings: accounts, anchors. `seed` proves it.
    uint256 private constant ACCOUNTS = 3;
    uint256 private constant ANCHORS = 3;

    function setUp() public override {
        super.setUp();
        uint256 entries = vm.envOr("MEDSHARE_ENTRIES", 1000);
        for (uint256 first = 0; first < entries; first += BATCH) {
            this.seed(first, first + BATCH < entries ? first + BATCH : entries);
        }
        emit log_named_uint("entries", entries);
    }

    /// @dev External, so that each batch gives its memory back.
    function seed(uint256 first, uint256 end) external {
        bytes32 word = bytes32(_word() | 1);
        for (uint256 i = first; i < end; ++i) {
            address patient = address(uint160(uint256(keccak256(abi.encode(i)))));
            bytes32 seeded = bytes32(i + 1);
            vm.store(address(consents), _id(patient, hospital, seeded), word);
            vm.store(address(participants), keccak256(abi.encode(patient, ACCOUNTS)), bytes32(uint256(1)));
            bytes32 anchors = keccak256(abi.encode(hospital, ANCHORS));
            vm.store(
                address(records), keccak256(abi.encode(keccak256(abi.encode(i)), anchors)), bytes32(START << 40 | 256)
            );
        }
        address last = address(uint160(uint256(keccak256(abi.encode(end - 1)))));
        require(consents.consentOf(last, hospital, bytes32(end)) == uint256(word), "no consent was seeded");
        require(participants.account(last) == 1, "no account was seeded");
        (uint40 time,,) = records.anchorOf(hospital, keccak256(abi.encode(end - 1)));
        require(time == START, "no anchor was seeded");
    }

    function test_register() external {
        bytes32 directory = keccak256("directory");
        address patient = vm.addr(77);
        bytes memory signature = _sign(77, address(participants), _registerHash(patient, directory));
        bytes memory data = abi.encodeCall(participants.registerBySig, (patient, directory, signature));
        _note("register a patient", address(participants), data);
    }

    function test_directory() external {
        bytes32 directory = keccak256("the next directory");
        uint40 seq = uint40(participants.account(alice)) + 1;
        bytes memory signature = _sign(ALICE_KEY, address(participants), _directoryHash(alice, directory, seq));
        bytes memory data = abi.encodeCall(participants.setDirectoryBySig, (alice, directory, seq, signature));
        _note("change the directory", address(participants), data);
    }

    function test_grant() external {
        _note("grant", address(consents), _signedGrant(alice, ALICE_KEY));
    }

    function test_revoke() external {
        bytes32 terms = _grant(alice, hospital, _word());
        bytes memory signature = _sign(ALICE_KEY, address(consents), _revokeHash(alice, hospital, terms));
        bytes memory data = abi.encodeCall(consents.revokeBySig, (alice, hospital, terms, signature));
        _note("revoke", address(consents), data);
    }

    function test_lockdown() external {
        _note("lock everything", address(consents), _signedLockdown());
    }

    function test_open() external {
        bytes memory data = abi.encodeCall(requests.open, (keccak256("digest"), uint40(START + 30 days)));
        _noteOf("open a request", hospital, address(requests), data);
    }

    function test_approve() external {
        IAccessRequests.Opening memory opening = IAccessRequests.Opening(
            alice,
            hospital,
            hospital,
            TREAT,
            READ,
            uint40(START),
            uint40(START + 400 days),
            keccak256("document"),
            keccak256("salt")
        );
        bytes32 digest = keccak256(abi.encode(opening));
        vm.prank(hospital);
        requests.open(digest, uint40(START + 30 days));
        uint256 word = _word();
        bytes32 request = keccak256(abi.encode(hospital, digest));
        bytes memory signature = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, request));
        _note(
            "approve a request",
            address(requests),
            abi.encodeCall(requests.approve, (opening, word, STATEMENT, signature))
        );
    }

    function test_anchor() external {
        _noteOf("anchor records", hospital, address(records), _anchorCall(ROOT));
    }

    function test_confirm() external {
        vm.prank(hospital);
        records.anchor(ROOT, 1000, new bytes32[](0));
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 3);
        _note(
            "confirm records", address(records), abi.encodeCall(records.confirm, (hospital, ROOT, signers, signatures))
        );
    }

    function test_erase() external {
        bytes memory signature = _sign(ALICE_KEY, address(records), _eraseHash(alice, INNER));
        bytes memory data = abi.encodeCall(records.eraseBySig, (alice, new address[](0), INNER, signature));
        _note("erase a document", address(records), data);
    }

    function test_receipts() external {
        vm.prank(gateway);
        bytes32 head = audit.anchor(0, keccak256("receipts"), keccak256("heads"), 100);
        bytes memory data = abi.encodeCall(audit.anchor, (head, keccak256("more"), keccak256("lines"), uint32(100)));
        _noteOf("anchor receipts", gateway, address(audit), data);
    }

    function test_permits() external {
        bytes32 terms = _grant(alice, hospital, _word());
        bytes memory data = abi.encodeCall(consents.permits, (alice, hospital, terms, nurse, _aSlot(), uint8(60), READ));
        _measureView("view: permits", address(consents), data);
    }

    function test_status() external {
        bytes32 leaf = _leaf(alice, INNER);
        vm.prank(hospital);
        records.anchor(leaf, 1000, new bytes32[](0));
        bytes memory data = abi.encodeCall(records.status, (hospital, leaf, alice, INNER, new bytes32[](0)));
        _measureView("view: status of a record", address(records), data);
    }

    function _note(string memory name, address to, bytes memory data) private {
        _noteOf(name, relayer, to, data);
    }

    /// @dev The gas of an act, the bytes of its calldata, and the bytes of its events: 20 of the address, the topics
    /// and the data.
    function _noteOf(string memory name, address from, address to, bytes memory data) private {
        vm.recordLogs();
        emit log_named_uint(string.concat(name, " (gas)"), _spend(from, to, data));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 size = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(this)) size += 20 + 32 * logs[i].topics.length + logs[i].data.length;
        }
        require(size != 0, "the act left no event");
        emit log_named_uint(string.concat(name, " (calldata bytes)"), data.length);
        emit log_named_uint(string.concat(name, " (event bytes)"), size);
    }
}
