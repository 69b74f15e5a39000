// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests as I} from "../../interfaces/IAccessRequests.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {ISignatures} from "../../interfaces/ISignatures.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @dev AccessRequests: what is asked, and that an answer is never wider.
contract RequestsTest is Base {
    bytes32 private constant DIGEST = keccak256("digest");
    uint40 private constant DEADLINE = uint40(START + 30 days);

    function test_a_request_is_open_until_its_deadline_ninety_days_at_most() external {
        bytes4 selector = I.AccessRequests_BadDeadline.selector;
        uint40[2] memory bad = [uint40(START), uint40(START + 90 days + 1)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(selector, bad[i], START));
            vm.prank(hospital);
            requests.open(DIGEST, bad[i]);
        }
        vm.prank(clinic);
        requests.open(DIGEST, uint40(START + 90 days));
        vm.expectEmit(true, true, true, true, address(requests));
        emit I.Opened(hospital, DIGEST, uint40(START + 1));
        vm.prank(hospital);
        requests.open(DIGEST, uint40(START + 1));
        _same(requests.deadlineOf(hospital, DIGEST), START + 1, "deadline");
        vm.recordLogs();
        vm.prank(hospital);
        requests.open(DIGEST, uint40(START + 1));
        _same(vm.getRecordedLogs().length, 0, "events");
        vm.expectRevert(abi.encodeWithSelector(I.AccessRequests_AlreadyOpen.selector, DIGEST, START + 1));
        vm.prank(hospital);
        requests.open(DIGEST, uint40(START + 2));
        vm.warp(START + 1);
        vm.prank(hospital);
        requests.open(DIGEST, uint40(START + 3));
        _same(requests.deadlineOf(hospital, DIGEST), START + 3, "a lapsed one can be asked again");
        _same(requests.deadlineOf(clinic, DIGEST), START + 90 days, "another's is its own");
    }

    function test_only_the_requester_withdraws() external {
        _open(DIGEST);
        vm.expectRevert(abi.encodeWithSelector(I.AccessRequests_NotOpen.selector, clinic, DIGEST));
        vm.prank(clinic);
        requests.withdraw(DIGEST);
        vm.expectEmit(true, true, true, true, address(requests));
        emit I.Withdrawn(hospital, DIGEST);
        vm.prank(hospital);
        requests.withdraw(DIGEST);
        _same(requests.deadlineOf(hospital, DIGEST), 0, "freed");
        vm.expectRevert(abi.encodeWithSelector(I.AccessRequests_NotOpen.selector, hospital, DIGEST));
        vm.prank(hospital);
        requests.withdraw(DIGEST);
    }

    /// @dev Whatever the word, it is approved exactly if purposes, actions and period lie within what was asked.
    function testFuzz_an_answer_is_never_wider_than_the_request(
        uint64 purposes,
        uint8 actions,
        uint40 notBefore,
        uint40 notAfter
    ) external {
        I.Opening memory opening = _opening();
        purposes = purposes % 4 == 0 ? purposes : purposes & opening.purposes;
        actions = actions % 64;
        notBefore = uint40(START - 2 + notBefore % 10);
        notAfter = uint40(START + 90 + notAfter % 20);
        uint256 word = _pack(SCOPE, purposes, notBefore, notAfter, uint32(START), actions, 0);
        bool narrower = purposes & ~opening.purposes == 0 && actions & ~opening.actions == 0
            && notBefore >= opening.notBefore && notAfter <= opening.notAfter;
        bool good = purposes != 0 && purposes >> 62 == 0 && actions != 0 && actions < 32;
        bytes32 digest = _open(keccak256(abi.encode(opening)));
        bytes32 terms = _terms(alice, hospital, word, _id(hospital, digest));
        bytes memory call =
            abi.encodeCall(requests.approve, (opening, word, STATEMENT, _sign(ALICE_KEY, address(consents), terms)));
        (bool success, bytes memory answer) = address(requests).call(call);
        require(success == (narrower && good), "approved");
        _same(uint8(consents.consentOf(alice, hospital, terms)), success ? 1 : 0, "granted");
        _same(requests.deadlineOf(hospital, digest), success ? 0 : DEADLINE, "closed");
        if (success) _same(abi.decode(answer, (bytes32)), _id(alice, hospital, terms), "id");
    }

    function test_each_way_of_widening_has_its_error() external {
        I.Opening memory opening = _opening();
        _open(keccak256(abi.encode(opening)));
        uint64 p = opening.purposes;
        (uint40 from, uint40 to) = (opening.notBefore, opening.notAfter);
        _notApproved(
            opening,
            _word(SCOPE, p | 2, from, to, 1),
            abi.encodeWithSelector(I.AccessRequests_WiderPurposes.selector, p, p | 2)
        );
        _notApproved(
            opening, _word(SCOPE, p, from, to, 7), abi.encodeWithSelector(I.AccessRequests_WiderActions.selector, 5, 7)
        );
        bytes4 period = I.AccessRequests_WiderPeriod.selector;
        _notApproved(opening, _word(SCOPE, p, from - 1, to, 1), abi.encodeWithSelector(period, from - 1, to));
        _notApproved(opening, _word(SCOPE, p, from, to + 1, 1), abi.encodeWithSelector(period, from, to + 1));
        _approve(opening, _word(SCOPE, p, from, to, 5), ALICE_KEY);
    }

    function _notApproved(I.Opening memory opening, uint256 word, bytes memory problem) private {
        vm.expectRevert(problem);
        requests.approve(opening, word, STATEMENT, "");
    }

    /// @dev E07: whoever sends the same approval second succeeds too; another consent does not.
    function test_an_approval_closes_the_request_and_can_be_repeated() external {
        I.Opening memory opening = _opening();
        bytes32 digest = _open(keccak256(abi.encode(opening)));
        uint256 word = _answer(opening);
        bytes32 id = _id(alice, hospital, _terms(alice, hospital, word, _id(hospital, digest)));
        vm.expectEmit(true, true, true, true, address(requests));
        emit I.Approved(hospital, digest, id);
        _same(_approve(opening, word, ALICE_KEY), id, "id");
        vm.recordLogs();
        _same(_approve(opening, word, ALICE_KEY), id, "again");
        _same(requests.approveBy(dora, opening, word, STATEMENT, ""), id, "again, by another entry");
        _same(vm.getRecordedLogs().length, 0, "events");
        bytes memory closed = abi.encodeWithSelector(I.AccessRequests_NotOpen.selector, hospital, digest);
        _notApproved(opening, word ^ 1 << 8 ^ 4 << 8, closed);
        bytes32 terms = _terms(alice, hospital, word, _id(hospital, digest));
        vm.prank(alice);
        consents.revoke(hospital, terms);
        _notApproved(opening, word, closed);
    }

    function test_a_consent_already_granted_just_closes_the_request() external {
        I.Opening memory opening = _opening();
        bytes32 digest = _open(keccak256(abi.encode(opening)));
        uint256 word = _answer(opening);
        vm.prank(alice);
        consents.grant(hospital, word, _id(hospital, digest), STATEMENT);
        requests.approve(opening, word, STATEMENT, "");
        _same(requests.deadlineOf(hospital, digest), 0, "closed");
    }

    function test_a_changed_opening_or_another_signer_is_refused() external {
        I.Opening memory opening = _opening();
        bytes32 digest = _open(keccak256(abi.encode(opening)));
        uint256 word = _answer(opening);
        bytes memory signature = _sign(BEN_KEY, address(consents), _terms(alice, hospital, word, _id(hospital, digest)));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, ben));
        requests.approve(opening, word, STATEMENT, signature);
        opening.patient = ben;
        bytes32 other = keccak256(abi.encode(opening));
        _notApproved(opening, word, abi.encodeWithSelector(I.AccessRequests_NotOpen.selector, hospital, other));
        opening = _opening();
        opening.grantee = clinic;
        other = keccak256(abi.encode(opening));
        _notApproved(opening, word, abi.encodeWithSelector(I.AccessRequests_NotOpen.selector, hospital, other));
    }

    function test_a_lapsed_request_and_one_of_a_suspended_requester_are_refused() external {
        I.Opening memory opening = _opening();
        bytes32 digest = _open(keccak256(abi.encode(opening)));
        uint256 word = _answer(opening);
        _suspend(hospital);
        _notApproved(opening, word, abi.encodeWithSelector(I.AccessRequests_RequesterNotActive.selector, hospital));
        vm.prank(regulator);
        participants.reinstate(hospital);
        vm.warp(DEADLINE);
        _notApproved(opening, word, abi.encodeWithSelector(I.AccessRequests_Lapsed.selector, DEADLINE, DEADLINE));
        vm.warp(DEADLINE - 1);
        word = _word(SCOPE, TREAT, opening.notBefore, opening.notAfter, 1);
        _approve(opening, word, ALICE_KEY);
        _same(requests.deadlineOf(hospital, digest), 0, "closed in its last second");
    }

    /// @dev Anyone may open, nobody gets an answer to a stranger's request; staff ask for their institution.
    function test_the_requester_is_checked_when_it_counts() external {
        I.Opening memory opening = _opening();
        opening.requester = stranger;
        vm.prank(stranger);
        requests.open(keccak256(abi.encode(opening)), DEADLINE);
        uint256 word = _answer(opening);
        _notApproved(opening, word, abi.encodeWithSelector(I.AccessRequests_RequesterNotActive.selector, stranger));
        opening.requester = nurse;
        vm.prank(nurse);
        requests.open(keccak256(abi.encode(opening)), DEADLINE);
        _approve(opening, word, ALICE_KEY);
    }

    function test_a_delegate_or_a_wallet_approves_through_its_own_entry() external {
        I.Opening memory opening = _opening();
        bytes32 request = _id(hospital, _open(keccak256(abi.encode(opening))));
        uint256 word = _answer(opening);
        bytes memory signature = _sign(DORA_KEY, address(consents), _terms(alice, hospital, word, request));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentRegistry_NotEmpowered.selector, alice, dora, 1));
        requests.approveBy(dora, opening, word, STATEMENT, signature);
        _delegateTo(dora, 1, uint40(START + 400 days));
        vm.expectEmit(true, true, true, true, address(requests));
        emit I.Approved(
            hospital, keccak256(abi.encode(opening)), _id(alice, hospital, _terms(alice, hospital, word, request))
        );
        requests.approveBy(dora, opening, word, STATEMENT, signature);
        _same(_reason(alice, hospital, _terms(alice, hospital, word, request), hospital), 0, "in force");
    }

    function _opening() private view returns (I.Opening memory) {
        return I.Opening(
            alice, hospital, hospital, TREAT | 0xff1, 5, uint40(START), uint40(START + 100), DIGEST, keccak256("salt")
        );
    }

    function _answer(I.Opening memory opening) private view returns (uint256) {
        return _word(SCOPE, TREAT, opening.notBefore, opening.notAfter, 1);
    }

    function _open(bytes32 digest) private returns (bytes32) {
        vm.prank(hospital);
        requests.open(digest, DEADLINE);
        return digest;
    }

    function _approve(I.Opening memory opening, uint256 word, uint256 key) private returns (bytes32) {
        bytes32 request = _id(opening.requester, keccak256(abi.encode(opening)));
        bytes memory signature = _sign(key, address(consents), _terms(opening.patient, opening.grantee, word, request));
        return requests.approve(opening, word, STATEMENT, signature);
    }

    function _id(address requester, bytes32 digest) private pure returns (bytes32) {
        return keccak256(abi.encode(requester, digest));
    }
}
