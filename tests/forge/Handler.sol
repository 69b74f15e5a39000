// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests} from "../../interfaces/IAccessRequests.sol";
import {IAuditLog} from "../../interfaces/IAuditLog.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/IParticipantRegistry.sol";
import {IRecordRegistry} from "../../interfaces/IRecordRegistry.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @dev Random steps by friends and strangers, and what was true before each, so that the invariants can say what must
/// never happen next. Few patients, consents and leaves, so that the steps meet.
contract Handler is Base {
    struct Tracked {
        address patient;
        bytes32 terms;
        uint256 word;
        bytes32 request;
        bool granted;
        bool revoked;
    }

    Tracked[] private _tracked;
    uint256[3] private _keys = [ALICE_KEY, BEN_KEY, 0xCA201];
    bytes32[4] private _inners = [bytes32(uint256(1)), bytes32(uint256(2)), bytes32(uint256(3)), bytes32(uint256(4))];
    mapping(address patient => uint40) private _marks;
    mapping(address patient => uint40) private _seqs;
    mapping(address patient => address) private _successors;
    mapping(address patient => address) private _recoveries;
    mapping(bytes32 leaf => bool) private _erased;
    mapping(address patient => bool) private _erasedAll;
    mapping(bytes32 leaf => uint256) private _reasons;
    mapping(bytes32 leaf => uint256) private _reasonsOfClinic;
    mapping(bytes32 root => uint8) private _confirmed;
    mapping(bytes32 root => uint40) private _anchoredAt;
    mapping(address staff => bool) private _suspended;
    string private _broken;
    bytes32 private _head;
    bytes32[] private _roots;
    address[3] private _patients;

    constructor(
        IParticipantRegistry participants_,
        IConsentRegistry consents_,
        IAccessRequests requests_,
        IRecordRegistry records_,
        IAuditLog audit_,
        uint256[] memory validatorKeys_,
        address hospital_,
        address clinic_,
        address regulator_
    ) {
        (participants, consents, requests, records, audit) = (participants_, consents_, requests_, records_, audit_);
        (hospital, clinic, regulator) = (hospital_, clinic_, regulator_);
        validatorKeys = validatorKeys_;
        for (uint256 i = 0; i < 3; ++i) {
            _patients[i] = vm.addr(_keys[i]);
            _seqs[_patients[i]] = i == 2 ? 0 : 1;
        }
    }

    function setUp() public override {}

    // ---------------------------------------------------------------------------------------------------- steps

    function grant(uint256 who, uint256 variant, bool bySignature) external {
        uint256 key = _keys[who % 3];
        address patient = vm.addr(key);
        uint256 word =
            _word(SCOPE, TREAT, uint40(block.timestamp), uint40(block.timestamp + 1 days), uint8(1 + variant % 3));
        bytes32 terms = _terms(patient, hospital, word, 0);
        uint256 index = _track(patient, terms, word, 0);
        if (bySignature) {
            consents.grantBySig(patient, hospital, word, 0, STATEMENT, _sign(key, address(consents), terms));
        } else {
            vm.prank(patient);
            consents.grant(hospital, word, 0, STATEMENT);
        }
        _tracked[index].granted = true;
    }

    /// @dev Again what is tracked: a revoked one must stay refused.
    function grantAgain(uint256 index) external {
        Tracked storage consent = _tracked[index % _tracked.length];
        vm.prank(consent.patient);
        consents.grant(hospital, consent.word, consent.request, STATEMENT);
        consent.granted = true;
        _must(!consent.revoked, "I1: revoked and granted again");
    }

    /// @dev A stranger's signature under a patient's name. A consent that the patient has granted already may be sent
    /// again by anyone, which changes nothing and asks for no signature.
    function forge(uint256 who, uint256 key) external {
        address patient = _patients[who % 3];
        key = 1 + key % 1000;
        uint256 word = _word(SCOPE, TREAT, uint40(block.timestamp), uint40(block.timestamp + 1 days), 31);
        bytes32 terms = _terms(patient, hospital, word, 0);
        Tracked storage consent = _tracked[_track(patient, terms, word, 0)];
        bool known = consent.granted && !consent.revoked;
        bytes memory signature = _sign(key, address(consents), terms);
        (bool granted,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (patient, hospital, word, bytes32(0), STATEMENT, signature)));
        (bool delegated,) = address(consents)
            .call(
                abi.encodeCall(
                    consents.grantBy, (vm.addr(key), patient, hospital, word, bytes32(0), STATEMENT, signature)
                )
            );
        (bool locked,) = address(consents)
            .call(abi.encodeCall(consents.lockdownBySig, (patient, uint40(block.timestamp), signature)));
        _must(granted == known && delegated == known && !locked, "I2: somebody else acted");
    }

    function revoke(uint256 index) external {
        Tracked storage consent = _tracked[index % _tracked.length];
        vm.prank(consent.patient);
        consents.revoke(hospital, consent.terms);
        consent.revoked = true;
    }

    function lockdown(uint256 who, uint256 back) external {
        uint256 key = _keys[who % 3];
        address patient = vm.addr(key);
        uint40 time = uint40(block.timestamp - back % 3 days);
        consents.lockdownBySig(patient, time, _sign(key, address(consents), _lockdownHash(patient, time)));
        if (time > _marks[patient]) _marks[patient] = time;
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + 1 + time % 12 hours);
    }

    function change(uint256 who, bytes32 digest, uint40 seq) external {
        address patient = _patients[who % 3];
        if (seq & 3 != 0) seq = _seqs[patient] + 1;
        vm.prank(patient);
        participants.setDirectory(digest, seq);
        _must(seq == _seqs[patient] + 1, "I9: a number was skipped or taken twice");
        _must(_successors[patient] == address(0), "I8: a moved address changed something");
        _seqs[patient] = seq;
    }

    function name(uint256 who, uint256 to) external {
        address patient = _patients[who % 3];
        address named = to & 1 == 0 ? recovery : vm.addr(VAULT_KEY + 1);
        address caller = to & 2 == 0 ? patient : recovery;
        address set = _recoveries[patient];
        vm.prank(caller);
        participants.setRecovery(patient, named, _seqs[patient] + 1);
        _must(caller == (set == address(0) ? patient : set), "I9: another changed the recovery");
        (_recoveries[patient], _seqs[patient]) = (named, _seqs[patient] + 1);
    }

    function move(uint256 who, uint256 to) external {
        (address patient, uint256 key) = (_patients[who % 3], _keys[to % 3]);
        address next = vm.addr(key);
        bytes memory accept = _sign(key, address(participants), _acceptHash(patient, next));
        vm.prank(recovery);
        participants.succeed(patient, next, accept);
        _must(_successors[patient] == address(0) && _successors[next] == address(0), "I8: moved twice");
        _must(_recoveries[patient] == recovery, "I8: another moved the patient");
        _successors[patient] = next;
        _marks[patient] = type(uint40).max;
    }

    function registerCarol() external {
        vm.prank(_patients[2]);
        participants.register(keccak256("carol"));
        if (_seqs[_patients[2]] == 0) _seqs[_patients[2]] = 1;
    }

    function anchor(uint256 who, uint256 inner, uint256 superseded, bool byClinic) external {
        bytes32 root = _leaf(_patients[who % 3], _inners[inner % 4]);
        bytes32[] memory list = new bytes32[](superseded & 1);
        if (list.length == 1) list[0] = _leaf(_patients[superseded % 3], _inners[(superseded >> 8) % 4]);
        vm.prank(byClinic ? clinic : hospital);
        records.anchor(root, 1, list);
        if (byClinic) return;
        if (_anchoredAt[root] != 0) return;
        if (list.length == 1) {
            uint256 closed = _reasons[list[0]];
            _must(closed == 0 || closed > 255, "I12: a retracted leaf was superseded");
            _must(closed == 0 || _confirmed[bytes32(closed)] == 0, "I13: a confirmed successor was replaced");
            _reasons[list[0]] = uint256(root);
        }
        _anchoredAt[root] = uint40(block.timestamp);
        _roots.push(root);
    }

    function retract(uint256 who, uint256 inner, uint8 reason, bool byClinic) external {
        bytes32 leaf = _leaf(_patients[who % 3], _inners[inner % 4]);
        vm.prank(byClinic ? clinic : hospital);
        records.retract(leaf, reason);
        if (byClinic) return;
        uint256 closed = _reasons[leaf];
        _must(closed == 0 || closed > 255 || closed == reason, "I12: a retraction changed");
        _reasons[leaf] = reason;
    }

    function confirm(uint256 index, uint256 count) external {
        bytes32 root = _roots[index % _roots.length];
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, root, 1 + count % 4);
        records.confirm(hospital, root, signers, signatures);
        if (_confirmed[root] == 0) {
            _must(signers.length >= 3, "I14: confirmed without a quorum");
            _confirmed[root] = uint8(signers.length);
        }
    }

    function erase(uint256 who, uint256 inner, bool everything) external {
        address patient = _patients[who % 3];
        if (everything) {
            bytes memory second = _recoveries[patient] == recovery
                ? _sign(VAULT_KEY, address(records), _eraseAllHash(patient))
                : bytes("");
            vm.prank(patient);
            records.eraseAll(patient, new address[](0), second);
            _erasedAll[patient] = true;
        } else {
            vm.prank(patient);
            records.erase(_inners[inner % 4]);
            _erased[_leaf(patient, _inners[inner % 4])] = true;
        }
        _must(_successors[patient] == address(0), "I11: a moved address erased");
    }

    function eraseAnothers(uint256 who, uint256 other, uint256 inner) external {
        (address caller, address patient) = (_patients[who % 3], _patients[other % 3]);
        address[] memory path = new address[](_successors[patient] == caller ? 1 : 0);
        if (path.length == 1) path[0] = caller;
        vm.prank(caller);
        records.eraseInherited(patient, path, _inners[inner % 4]);
        _must(_successors[caller] == address(0), "I11: a moved address erased");
        _must(caller == patient || path.length == 1, "I11: another erased");
        _erased[_leaf(patient, _inners[inner % 4])] = true;
    }

    function suspendNurse(bool lift) external {
        vm.prank(regulator);
        if (lift) participants.reinstate(nurse);
        else participants.suspend(nurse);
        _suspended[nurse] = !lift;
    }

    function rejoin(bool leave, bool toClinic) external {
        address employer = toClinic ? clinic : hospital;
        if (leave) {
            vm.prank(employer);
            participants.removeStaff(nurse);
        } else {
            _join(NURSE_KEY, employer, 0);
            _must(!_suspended[nurse], "I16: a suspended account was added");
        }
    }

    function suspendPatient(uint256 who) external {
        vm.prank(regulator);
        (bool success,) = address(participants).call(abi.encodeCall(participants.suspend, (_patients[who % 3])));
        _must(
            !success || uint8(participants.account(_patients[who % 3]) >> 224) & 1 == 0, "I15: a patient was suspended"
        );
    }

    function log(bytes32 previous, bytes32 receipts, uint32 count, bool honest) external {
        if (honest) previous = _head;
        vm.prank(gateway);
        bytes32 head = audit.anchor(previous, receipts, receipts, count);
        _must(previous == _head || head == _head, "I18: the chain was broken");
        _head = head;
    }

    function ask(uint256 who, uint8 actions, bool widen) external {
        uint256 key = _keys[who % 3];
        IAccessRequests.Opening memory opening = IAccessRequests.Opening(
            vm.addr(key),
            hospital,
            hospital,
            TREAT,
            1 + actions % 31,
            uint40(block.timestamp),
            uint40(block.timestamp + 1 days),
            bytes32(uint256(actions)),
            bytes32(block.timestamp)
        );
        bytes32 digest = keccak256(abi.encode(opening));
        vm.prank(hospital);
        requests.open(digest, uint40(block.timestamp + 1 days));
        uint256 word = _word(SCOPE, TREAT, opening.notBefore, opening.notAfter, widen ? 31 : opening.actions);
        bytes32 request = keccak256(abi.encode(hospital, digest));
        bytes32 terms = _terms(opening.patient, hospital, word, request);
        uint256 index = _track(opening.patient, terms, word, request);
        requests.approve(opening, word, STATEMENT, _sign(key, address(consents), terms));
        _must(!widen || opening.actions == 31, "I17: a request was widened");
        _must(requests.deadlineOf(hospital, digest) == 0, "I17: an answered request stayed open");
        _tracked[index].granted = true;
    }

    // --------------------------------------------------------------------------------------------------- checks

    function checkSteps() external view {
        require(bytes(_broken).length == 0, _broken);
    }

    function checkConsents() external view {
        for (uint256 i = 0; i < _tracked.length; ++i) {
            Tracked storage consent = _tracked[i];
            uint256 word = consents.consentOf(consent.patient, hospital, consent.terms);
            uint256 status = uint8(word);
            require(!consent.revoked || status == 2, "I1: revoked is for ever");
            require(consent.granted || status != 1, "I2: only the patient's grant makes a consent");
            require(!consent.granted || consent.revoked || status == 1, "I3: a grant does not vanish");
            require(status != 1 || word == consent.word | 1, "I4: the terms never change");
            uint8 reason = consents.whyNot(consent.patient, hospital, consent.terms, hospital, 0, 60, 1);
            if (reason != 0) continue;
            require(block.timestamp < uint40(consent.word >> 48), "I5: in force after its end");
            require(uint32(consent.word >> 16) > _marks[consent.patient], "I6: in force in spite of a lockdown");
            require(status == 1 && consent.granted && !consent.revoked, "I6: in force without a grant");
        }
    }

    function checkPatients() external view {
        for (uint256 i = 0; i < 3; ++i) {
            address patient = _patients[i];
            _same(consents.lockedAt(patient), _marks[patient], "I7: the mark is the greatest one given");
            _same(participants.movedTo(patient), _successors[patient], "I8: a move is final");
            _same(uint40(participants.account(patient)), _seqs[patient], "I9: numbers rise by one");
            _same(participants.recoveryOf(patient), _recoveries[patient], "I9: recovery");
            bool voided = _successors[patient] == address(0) || consents.lockedAt(patient) == type(uint40).max;
            require(voided, "I8: a moved address permits nothing");
        }
    }

    function checkRecords() external view {
        for (uint256 i = 0; i < 3; ++i) {
            require(records.isWhollyErased(_patients[i]) == _erasedAll[_patients[i]], "I10: erased for ever");
            for (uint256 j = 0; j < 4; ++j) {
                bytes32 leaf = _leaf(_patients[i], _inners[j]);
                require(records.isErased(leaf) == _erased[leaf], "I10: erased for ever");
                _same(records.closedBy(hospital, leaf), _reasons[leaf], "I12: only the provider closes its leaf");
                (IRecordRegistry.Status state,,) =
                    records.status(hospital, leaf, _patients[i], _inners[j], new bytes32[](0));
                bool gone = _erased[leaf] || _erasedAll[_patients[i]];
                if (_anchoredAt[leaf] == 0) require(state == IRecordRegistry.Status.Unknown, "I10: unknown");
                else require((state == IRecordRegistry.Status.Erased) == gone, "I10: erased comes back");
            }
        }
        for (uint256 i = 0; i < _roots.length; ++i) {
            (uint40 time,, uint8 confirmations) = records.anchorOf(hospital, _roots[i]);
            _same(time, _anchoredAt[_roots[i]], "I13: an anchor keeps its time");
            _same(confirmations, _confirmed[_roots[i]], "I14: confirmed once");
        }
    }

    function checkAccounts() external view {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 word = participants.account(_patients[i]);
            uint256 status = _successors[_patients[i]] == address(0) ? 1 : 3;
            require(word == 0 || word >> 40 == uint256(1) << 184 | status << 176, "I15: a patient stays active");
        }
        (address principal,,) = participants.standingOf(nurse);
        require(!_suspended[nurse] || principal == address(0), "I16: a suspended account acts for nobody");
        _same(audit.headOf(gateway), _head, "I18: the head is the last one anchored");
    }

    /// @dev The place of a consent, known already or new.
    function _track(address patient, bytes32 terms, uint256 word, bytes32 request) private returns (uint256 index) {
        for (; index < _tracked.length; ++index) {
            if (_tracked[index].terms == terms && _tracked[index].patient == patient) return index;
        }
        _tracked.push(Tracked(patient, terms, word, request, false, false));
    }

    /// @dev A broken promise is kept for the checks: a revert inside a step would only undo the step.
    function _must(bool kept, string memory what) private {
        if (!kept) _broken = what;
    }
}
