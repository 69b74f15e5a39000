// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry as I} from "../../interfaces/IConsentRegistry.sol";
import {ISignatures} from "../../interfaces/ISignatures.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @dev ConsentRegistry against a second, slower statement of its rules.
contract ConsentsTest is Base {
    // -------------------------------------------------------------------------------------------------- the word

    /// @dev A word is granted exactly when every field is in order; else the first fault in the documented order.
    function testFuzz_a_word_is_granted_only_if_every_field_is_in_order(
        uint256 random,
        uint40 notBefore,
        uint40 notAfter,
        uint32 issuedAt
    ) external {
        uint64 scope = random & 7 == 0 ? uint64(random >> 3) : SCOPE << 1 | SCOPE >> 63;
        uint64 purposes = random >> 70 & 7 == 0 ? uint64(random >> 73) : uint64(random >> 73) & 0x3fffffffffffffff;
        uint8 actions = uint8(random >> 140) & (random >> 148 & 3 == 0 ? 255 : 31);
        uint8 status = random >> 150 & 15 == 0 ? uint8(random >> 154) : 0;
        if (random >> 162 & 3 != 0) issuedAt = uint32(block.timestamp - issuedAt % 8 days + issuedAt % 2);
        if (random >> 164 & 3 != 0) notBefore = uint40(block.timestamp + notBefore % 1000 days);
        if (random >> 166 & 3 != 0) notAfter = notBefore + notAfter % uint40(2000 days);
        address grantee = random >> 168 & 31 == 0 ? address(0) : hospital;
        uint256 word = _pack(scope, purposes, notBefore, notAfter, issuedAt, actions, status);

        vm.prank(alice);
        (bool success, bytes memory answer) =
            address(consents).call(abi.encodeCall(consents.grant, (grantee, word, 0, STATEMENT)));
        bytes4 fault = _faultOf(word, grantee);
        if (fault == 0) {
            bytes32 terms = _terms(alice, grantee, word, 0);
            require(success, "a good word was refused");
            _same(abi.decode(answer, (bytes32)), _id(alice, grantee, terms), "consentId");
            _same(consents.consentOf(alice, grantee, terms), word | 1, "stored");
            _same(consents.termsOf(alice, grantee, word, 0, STATEMENT), terms, "terms");
        } else {
            require(!success, "a bad word was granted");
            _same(bytes32(bytes4(answer)), bytes32(fault), "error");
        }
    }

    function _faultOf(uint256 word, address grantee) private view returns (bytes4) {
        (uint64 scope, uint64 purposes, uint8 actions) = (uint64(word >> 192), uint64(word >> 128), uint8(word >> 8));
        (uint40 notBefore, uint40 notAfter, uint32 issuedAt) =
            (uint40(word >> 88), uint40(word >> 48), uint32(word >> 16));
        if (grantee == address(0)) return I.ConsentRegistry_ZeroGrantee.selector;
        if (uint8(word) != 0) return I.ConsentRegistry_StatusSet.selector;
        if (actions == 0 || actions >= 32) return I.ConsentRegistry_BadActions.selector;
        if (purposes == 0 || purposes >= uint64(1) << 62) return I.ConsentRegistry_BadPurposes.selector;
        uint256 bits;
        for (uint256 i = 0; i < 64; ++i) {
            bits += scope >> i & 1;
        }
        if (bits != 32) return I.ConsentRegistry_BadScope.selector;
        if (notBefore == 0 || notAfter <= notBefore) return I.ConsentRegistry_BadPeriod.selector;
        if (notAfter > uint256(issuedAt) + 1827 days) return I.ConsentRegistry_TooLong.selector;
        if (issuedAt > block.timestamp) return I.ConsentRegistry_IssuedInFuture.selector;
        if (issuedAt + 7 days <= block.timestamp) return I.ConsentRegistry_Stale.selector;
        return 0;
    }

    /// @dev Each edge to the second, and each error with its arguments (E04, C11).
    function test_the_edges_of_a_word_are_exact() external {
        uint40 t = uint40(START);
        uint40 end = t + 1827 days;
        uint32 old = uint32(START - 7 days);
        _refused(
            _pack(SCOPE, TREAT, t, end + 1, uint32(t), 1, 0),
            abi.encodeWithSelector(I.ConsentRegistry_TooLong.selector, t, end + 1)
        );
        _refused(
            _pack(SCOPE, TREAT, t, t, uint32(t), 1, 0),
            abi.encodeWithSelector(I.ConsentRegistry_BadPeriod.selector, t, t)
        );
        _refused(
            _pack(SCOPE, TREAT, 0, t, uint32(t), 1, 0),
            abi.encodeWithSelector(I.ConsentRegistry_BadPeriod.selector, 0, t)
        );
        _refused(
            _pack(SCOPE, TREAT, t, end, uint32(t) + 1, 1, 0),
            abi.encodeWithSelector(I.ConsentRegistry_IssuedInFuture.selector, t + 1, t)
        );
        _refused(
            _pack(SCOPE, TREAT, t, t + 1, old, 1, 0), abi.encodeWithSelector(I.ConsentRegistry_Stale.selector, old, t)
        );
        _refused(
            _pack(SCOPE, TREAT, t, end, uint32(t), 0, 0),
            abi.encodeWithSelector(I.ConsentRegistry_BadActions.selector, 0)
        );
        _refused(
            _pack(SCOPE, TREAT, t, end, uint32(t), 32, 0),
            abi.encodeWithSelector(I.ConsentRegistry_BadActions.selector, 32)
        );
        _refused(
            _pack(SCOPE, TREAT, t, end, uint32(t), 1, 1),
            abi.encodeWithSelector(I.ConsentRegistry_StatusSet.selector, 1)
        );
        _refused(
            _pack(SCOPE, 0, t, end, uint32(t), 1, 0), abi.encodeWithSelector(I.ConsentRegistry_BadPurposes.selector, 0)
        );
        uint64 p = uint64(1) << 62;
        _refused(
            _pack(SCOPE, p, t, end, uint32(t), 1, 0), abi.encodeWithSelector(I.ConsentRegistry_BadPurposes.selector, p)
        );
        uint64 s = SCOPE ^ 1;
        _refused(
            _pack(s, TREAT, t, end, uint32(t), 1, 0), abi.encodeWithSelector(I.ConsentRegistry_BadScope.selector, s)
        );
        // The last good value on each side.
        _grant(alice, hospital, _pack(SCOPE, TREAT, t, end, uint32(t), 31, 0));
        _grant(alice, hospital, _pack(SCOPE, uint64(1) << 61, 1, 2, old + 1, 1, 0));
        _grant(alice, hospital, _pack(0xffffffff, 1, t, t + 1, uint32(t), 1, 0));
        _grant(alice, hospital, _pack(0xffffffff00000000, 1, t, t + 1, uint32(t), 1, 0));
        vm.expectRevert(abi.encodeWithSelector(I.ConsentRegistry_ZeroGrantee.selector));
        vm.prank(alice);
        consents.grant(address(0), _pack(SCOPE, TREAT, t, end, uint32(t), 1, 0), 0, STATEMENT);
    }

    function _refused(uint256 word, bytes memory problem) private {
        vm.expectRevert(problem);
        vm.prank(alice);
        consents.grant(hospital, word, 0, STATEMENT);
    }

    // ------------------------------------------------------------------------------------------------ why not

    /// @dev The view gives the first reason of the documented order, whatever else is wrong too.
    function testFuzz_why_not_gives_the_first_reason(uint256 random, uint8 slot, uint8 purpose, uint8 action) external {
        uint256 word = _pack(SCOPE, TREAT | 1, uint40(START + 100), uint40(START + 200), uint32(START), 7, 0);
        bytes32 terms = random & 15 == 0 ? bytes32(random) : _grant(alice, hospital, word);
        if (random >> 4 & 15 == 0) _revoke(terms);
        if (random >> 8 & 7 == 0) {
            vm.warp(START + (random >> 11 & 1));
            vm.prank(alice);
            consents.lockdown();
        }
        if (random >> 12 & 7 == 0) _suspend(hospital);
        if (random >> 15 & 7 == 0) _suspend(nurse);
        uint256 pick = random >> 20 & 3;
        address accessor = pick == 0 ? hospital : pick == 1 ? stranger : nurse;
        if (random >> 22 & 1 == 0) (slot, purpose) = (slot % 64, purpose & 1 == 0 ? 60 : 0);
        vm.warp(START + 98 + (random >> 30) % 105);

        uint8 expected = _expected(terms, accessor, slot, purpose, action);
        _same(consents.whyNot(alice, hospital, terms, accessor, slot, purpose, action), expected, "reason");
        bool permitted = consents.permits(alice, hospital, terms, accessor, slot, purpose, action);
        require(permitted == (expected == 0), "permits and whyNot differ");
        uint8 held = _expected(terms, accessor, 0, 60, action);
        require(consents.holds(alice, hospital, terms, accessor, action) == (held == 0), "holds");
        require(!permitted || consents.holds(alice, hospital, terms, accessor, action), "permits without holds");
    }

    function _expected(bytes32 terms, address accessor, uint8 slot, uint8 purpose, uint8 action)
        private
        view
        returns (uint8)
    {
        uint256 word = consents.consentOf(alice, hospital, terms);
        if (uint8(word) == 0) return 1;
        if (uint8(word) == 2) return 2;
        if (consents.lockedAt(alice) >= START) return 3;
        if (block.timestamp < START + 100) return 4;
        if (block.timestamp >= START + 200) return 5;
        if (slot >= 64 || SCOPE >> slot & 1 == 0) return 6;
        if (purpose != 60 && purpose != 0) return 7;
        if (action == 0 || action > 7) return 8;
        if (uint8(participants.account(hospital) >> 216) != 1) return 9;
        if (accessor == hospital) return 0;
        if (accessor == stranger) return 10;
        return uint8(participants.account(nurse) >> 216) == 1 ? 0 : 11;
    }

    function test_each_action_bit_asked_for_must_be_granted() external {
        bytes32 terms =
            _grant(alice, hospital, _pack(SCOPE, TREAT, uint40(START), uint40(START + 9), uint32(START), 5, 0));
        for (uint256 action = 0; action < 256; ++action) {
            uint8 expected = action == 1 || action == 4 || action == 5 ? 0 : 8;
            _same(consents.whyNot(alice, hospital, terms, hospital, 0, 60, uint8(action)), expected, "action");
            require(consents.holds(alice, hospital, terms, hospital, uint8(action)) == (expected == 0), "holds");
        }
    }

    function test_every_slot_and_purpose_out_of_range_is_refused() external {
        uint64 all = 0x3fffffffffffffff;
        bytes32 terms =
            _grant(alice, hospital, _pack(SCOPE, all, uint40(START), uint40(START + 9), uint32(START), 1, 0));
        for (uint256 i = 0; i < 256; ++i) {
            uint8 slot = i < 64 && SCOPE >> i & 1 == 1 ? 0 : 6;
            _same(consents.whyNot(alice, hospital, terms, hospital, uint8(i), 61, 1), slot, "slot");
            _same(consents.whyNot(alice, hospital, terms, hospital, 0, uint8(i), 1), i < 62 ? 0 : 7, "purpose");
        }
    }

    function test_a_consent_is_in_force_from_its_first_second_to_before_its_last() external {
        uint256 word = _pack(SCOPE, TREAT, uint40(START + 5), uint40(START + 8), uint32(START), 1, 0);
        bytes32 terms = _grant(alice, hospital, word);
        uint8[6] memory reasons = [4, 0, 0, 0, 5, 5];
        for (uint256 i = 0; i < 6; ++i) {
            vm.warp(START + 4 + i);
            _same(_reason(alice, hospital, terms, hospital), reasons[i], "reason");
        }
    }

    function test_who_the_grantee_is_decides_at_every_call() external {
        bytes32 terms = _grant(alice, stranger, _word());
        _same(_reason(alice, stranger, terms, stranger), 9, "unaccredited grantee");
        terms = _grant(alice, nurse, _word());
        _same(_reason(alice, nurse, terms, nurse), 9, "a staff account is no grantee of its own");
        terms = _grant(alice, ben, _word());
        _same(_reason(alice, ben, terms, ben), 0, "a registered patient may be a grantee");
        terms = _grant(alice, hospital, _word());
        _same(_reason(alice, hospital, terms, nurse), 0, "staff");
        _same(_reason(alice, hospital, terms, clinic), 10, "another institution");
        vm.prank(hospital);
        participants.removeStaff(nurse);
        _same(_reason(alice, hospital, terms, nurse), 10, "removed staff");
        _join(NURSE_KEY, clinic, 0);
        _same(_reason(alice, hospital, terms, nurse), 10, "another's staff");
    }

    // ------------------------------------------------------------------------------------------------ services

    function test_a_service_stands_for_whom_it_says_and_fails_closed() external {
        address service = vm.deployCode("TestService.sol:TestService", "");
        bytes32 terms = _grant(alice, service, _word());
        _accredit(service, 2);
        (bool set,) = service.call(abi.encodeWithSignature("set(address,address,bool)", alice, nurse, true));
        require(set);
        _same(_reason(alice, service, terms, nurse), 10, "without the service role nobody asks");
        _accredit(service, 128);
        _same(_reason(alice, service, terms, nurse), 0, "stood for");
        _same(_reason(alice, service, terms, clinic), 10, "not stood for");
        _suspend(nurse);
        _same(_reason(alice, service, terms, nurse), 11, "suspended accessor");
        (set,) = service.call(abi.encodeWithSignature("set(address,address,bool)", alice, stranger, true));
        _same(_reason(alice, service, terms, stranger), 11, "unknown accessor");
        _suspend(service);
        _same(_reason(alice, service, terms, nurse), 9, "suspended service");
        for (uint256 mode = 0; mode < 6; ++mode) {
            address bad = vm.deployCode("TestBadService.sol:TestBadService", abi.encode(mode));
            _accredit(bad, 128);
            terms = _grant(alice, bad, _word());
            uint256 before = gasleft();
            _same(_reason(alice, bad, terms, clinic), 10, "bad service");
            require(before - gasleft() < 300_000, "unbounded gas");
        }
        _accredit(vm.addr(0xE0A), 128);
        terms = _grant(alice, vm.addr(0xE0A), _word());
        _same(_reason(alice, vm.addr(0xE0A), terms, clinic), 10, "a service without code");
    }

    // ---------------------------------------------------------------------------------------------- signatures

    /// @dev E01, E07: the same consent again is no change, before its signature is looked at.
    function test_a_signed_consent_can_be_sent_by_anyone_and_twice() external {
        uint256 word = _word();
        bytes32 terms = _terms(alice, hospital, word, 0);
        bytes memory signature = _sign(ALICE_KEY, address(consents), terms);
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.Granted(alice, hospital, terms, word | 1);
        vm.prank(stranger);
        consents.grantBySig(alice, hospital, word, 0, STATEMENT, signature);
        vm.recordLogs();
        _same(consents.grantBySig(alice, hospital, word, 0, STATEMENT, ""), _id(alice, hospital, terms), "id");
        _same(consents.grantBy(dora, alice, hospital, word, 0, STATEMENT, ""), _id(alice, hospital, terms), "id");
        vm.prank(alice);
        _same(consents.grant(hospital, word, 0, STATEMENT), _id(alice, hospital, terms), "id");
        _noEvents();
    }

    /// @dev E03, C02: revoked is for ever, by every entry.
    function test_what_was_revoked_is_never_granted_again() external {
        uint256 word = _word();
        bytes32 terms = _grant(alice, hospital, word);
        bytes memory signature = _sign(ALICE_KEY, address(consents), terms);
        _revoke(terms);
        bytes memory problem =
            abi.encodeWithSelector(I.ConsentRegistry_AlreadyRevoked.selector, _id(alice, hospital, terms));
        vm.expectRevert(problem);
        consents.grantBySig(alice, hospital, word, 0, STATEMENT, signature);
        vm.expectRevert(problem);
        consents.grantBy(dora, alice, hospital, word, 0, STATEMENT, signature);
        vm.expectRevert(problem);
        vm.prank(alice);
        consents.grant(hospital, word, 0, STATEMENT);
        I.SignedConsent[] memory items = new I.SignedConsent[](1);
        items[0] = I.SignedConsent(alice, hospital, word, 0, STATEMENT, signature);
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.GrantSkipped(0, alice, I.ConsentRegistry_AlreadyRevoked.selector);
        consents.grantBatch(items);
        _same(consents.consentOf(alice, hospital, terms), word | 2, "the word stays, its status is 2");
    }

    /// @dev E08, E09, E10: one form only.
    function test_only_one_form_of_signature_is_accepted() external {
        uint256 word = _word();
        bytes memory good = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0));
        (bytes32 r, bytes32 s, uint8 v) = _split(good);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes32 high = bytes32(n - uint256(s));
        _badSignature(
            word, abi.encodePacked(r, high, 55 - v), abi.encodeWithSelector(ISignatures.Signatures_HighS.selector, high)
        );
        bytes memory none = abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, address(0));
        _badSignature(word, abi.encodePacked(bytes32(0), s, v), none);
        _badSignature(word, abi.encodePacked(r, bytes32(0), v), none);
        _badSignature(word, abi.encodePacked(bytes32(n), s, v), none);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, address(0), address(0)));
        consents.grantBySig(address(0), hospital, word, 0, STATEMENT, abi.encodePacked(bytes32(0), bytes32(0), v));
    }

    /// @dev E09: other lengths and recovery values.
    function test_other_lengths_and_recovery_values_are_refused() external {
        uint256 word = _word();
        bytes memory good = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0));
        (bytes32 r, bytes32 s,) = _split(good);
        uint16[8] memory lengths = [0, 1, 32, 64, 66, 96, 130, 1000];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory other = new bytes(lengths[i]);
            for (uint256 j = 0; j < other.length && j < 65; ++j) {
                other[j] = good[j];
            }
            _badSignature(word, other, abi.encodeWithSelector(ISignatures.Signatures_BadLength.selector, lengths[i]));
        }
        uint8[7] memory vs = [0, 1, 2, 26, 29, 35, 255];
        for (uint256 i = 0; i < vs.length; ++i) {
            _badSignature(
                word, abi.encodePacked(r, s, vs[i]), abi.encodeWithSelector(ISignatures.Signatures_BadV.selector, vs[i])
            );
        }
    }

    function _badSignature(uint256 word, bytes memory signature, bytes memory problem) private {
        vm.expectRevert(problem);
        consents.grantBySig(alice, hospital, word, 0, STATEMENT, signature);
    }

    /// @dev E02, E16 and a changed field each give another signer.
    function testFuzz_a_signature_covers_every_field(uint256 flip) external {
        uint256 word = _word();
        bytes memory signature = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0));
        uint256 other = word ^ uint256(1) << (8 + flip % 248);
        (bool success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, hospital, other, bytes32(0), STATEMENT, signature)));
        require(!success, "another word");
        bytes32 changed = keccak256(abi.encode(flip));
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, hospital, word, changed, STATEMENT, signature)));
        require(!success, "another request");
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, hospital, word, bytes32(0), changed, signature)));
        require(!success, "another statement");
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, clinic, word, bytes32(0), STATEMENT, signature)));
        require(!success, "another grantee");
        vm.chainId(1 + flip % 1000);
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, hospital, word, bytes32(0), STATEMENT, signature)));
        require(!success, "another chain");
    }

    function test_a_signature_for_another_contract_or_message_is_refused() external {
        uint256 word = _word();
        bytes32 terms = _terms(alice, hospital, word, 0);
        bytes memory elsewhere = _sign(ALICE_KEY, address(records), terms);
        bytes memory revocation = _sign(ALICE_KEY, address(consents), _revokeHash(alice, hospital, terms));
        require(!_tryGrant(word, elsewhere) && !_tryGrant(word, revocation), "accepted");
        require(_tryGrant(word, _sign(ALICE_KEY, address(consents), terms)), "refused");
    }

    function _tryGrant(uint256 word, bytes memory signature) private returns (bool success) {
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBySig, (alice, hospital, word, bytes32(0), STATEMENT, signature)));
    }

    /// @dev E11, E12: a contract wallet signs through its own entry; whatever it answers badly is a refusal.
    function test_a_contract_wallet_signs_through_its_own_entry() external {
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(alice));
        uint256 word = _word();
        bytes32 terms = _terms(wallet, hospital, word, 0);
        bytes memory signature = _sign(ALICE_KEY, address(consents), terms);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, wallet, alice));
        consents.grantBySig(wallet, hospital, word, 0, STATEMENT, signature);
        consents.grantBy(wallet, wallet, hospital, word, 0, STATEMENT, signature);
        signature = _sign(ALICE_KEY, address(consents), _lockdownHash(wallet, uint40(START - 1)));
        consents.lockdownBy(wallet, wallet, uint40(START - 1), signature);
        _same(consents.lockedAt(wallet), START - 1, "mark");
        signature = _sign(BEN_KEY, address(consents), _revokeHash(wallet, hospital, terms));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, wallet));
        consents.revokeBy(wallet, wallet, hospital, terms, signature);
        consents.revokeBy(
            wallet, wallet, hospital, terms, _sign(ALICE_KEY, address(consents), _revokeHash(wallet, hospital, terms))
        );
        _same(uint8(consents.consentOf(wallet, hospital, terms)), 2, "revoked");
        // An ordinary account is no wallet: it has an entry of its own.
        signature = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, alice));
        consents.grantBy(alice, alice, hospital, word, 0, STATEMENT, signature);
    }

    function test_a_wallet_that_answers_badly_is_refused_at_bounded_cost() external {
        for (uint256 mode = 0; mode < 9; ++mode) {
            bytes memory reentry = abi.encodeCall(consents.grant, (hospital, _word(), 0, STATEMENT));
            address wallet =
                vm.deployCode("TestBadWallet.sol:TestBadWallet", abi.encode(mode, address(consents), reentry));
            uint256 before = gasleft();
            bytes memory call =
                abi.encodeCall(consents.grantBy, (wallet, wallet, hospital, _word(), bytes32(0), STATEMENT, ""));
            (bool success, bytes memory answer) = address(consents).call(call);
            require(!success, "accepted");
            _same(
                keccak256(answer),
                keccak256(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, wallet)),
                "error"
            );
            require(before - gasleft() < 300_000, "unbounded gas");
            _same(consents.consentOf(wallet, hospital, _terms(wallet, hospital, _word(), 0)), 0, "state");
        }
    }

    /// @dev E13: an account that got EIP-7702 code keeps signing by key.
    function test_an_account_with_code_still_signs_by_key() external {
        vm.etch(alice, hex"00");
        uint256 word = _word();
        require(_tryGrant(word, _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0))), "refused");
    }

    function test_a_batch_leaves_out_what_is_bad_and_reports_it() external {
        uint256 word = _word();
        I.SignedConsent[] memory items = new I.SignedConsent[](4);
        bytes memory signature = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, 0));
        items[0] = I.SignedConsent(alice, hospital, word, 0, STATEMENT, signature);
        items[1] = I.SignedConsent(ben, hospital, word, 0, STATEMENT, signature);
        items[2] = I.SignedConsent(alice, hospital, word | 2 << 8 | 3, 0, STATEMENT, signature);
        items[3] = items[0];
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.GrantSkipped(1, ben, ISignatures.Signatures_WrongSigner.selector);
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.GrantSkipped(2, alice, I.ConsentRegistry_StatusSet.selector);
        consents.grantBatch(items);
        _same(consents.consentOf(alice, hospital, _terms(alice, hospital, word, 0)), word | 1, "granted");
        _same(consents.consentOf(ben, hospital, _terms(ben, hospital, word, 0)), 0, "left out");
    }

    function test_a_batch_of_revocations_leaves_out_what_is_bad() external {
        bytes32 terms = _grant(alice, hospital, _word());
        I.SignedRevocation[] memory items = new I.SignedRevocation[](3);
        bytes memory signature = _sign(ALICE_KEY, address(consents), _revokeHash(alice, hospital, terms));
        items[0] = I.SignedRevocation(ben, hospital, terms, signature);
        items[1] = I.SignedRevocation(alice, hospital, terms, signature);
        items[2] = items[1];
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.RevocationSkipped(0, ben, ISignatures.Signatures_WrongSigner.selector);
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.Revoked(alice, _id(alice, hospital, terms));
        consents.revokeBatch(items);
        _same(uint8(consents.consentOf(alice, hospital, terms)), 2, "revoked");
        _same(consents.consentOf(ben, hospital, terms), 0, "left out");
    }

    /// @dev C10: no item and 101 items are refused, 100 are not.
    function test_a_batch_has_one_to_a_hundred_items() external {
        bytes4 selector = I.ConsentRegistry_BadBatch.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, 0));
        consents.grantBatch(new I.SignedConsent[](0));
        vm.expectRevert(abi.encodeWithSelector(selector, 101));
        consents.grantBatch(new I.SignedConsent[](101));
        vm.expectRevert(abi.encodeWithSelector(selector, 0));
        consents.revokeBatch(new I.SignedRevocation[](0));
        vm.expectRevert(abi.encodeWithSelector(selector, 101));
        consents.revokeBatch(new I.SignedRevocation[](101));
        consents.grantBatch(new I.SignedConsent[](100));
        consents.revokeBatch(new I.SignedRevocation[](100));
    }

    // ------------------------------------------------------------------------------------- revoke and lock down

    function test_an_unsent_consent_can_be_revoked_for_ever() external {
        bytes32 terms = _terms(alice, hospital, _word(), 0);
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.Revoked(alice, _id(alice, hospital, terms));
        _revoke(terms);
        _same(consents.consentOf(alice, hospital, terms), 2, "stored");
        _same(_reason(alice, hospital, terms, hospital), 2, "reason");
        vm.recordLogs();
        _revoke(terms);
        consents.revokeBySig(
            alice, hospital, terms, _sign(ALICE_KEY, address(consents), _revokeHash(alice, hospital, terms))
        );
        _noEvents();
    }

    /// @dev C03: whoever revokes without being the patient revokes a consent of their own that nobody has.
    function test_only_the_patient_revokes() external {
        bytes32 terms = _grant(alice, hospital, _word());
        vm.prank(stranger);
        consents.revoke(hospital, terms);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, ben));
        consents.revokeBySig(
            alice, hospital, terms, _sign(BEN_KEY, address(consents), _revokeHash(alice, hospital, terms))
        );
        _same(_reason(alice, hospital, terms, hospital), 0, "still in force");
    }

    function test_a_lockdown_voids_what_was_issued_up_to_its_second() external {
        bytes32 first = _grant(alice, hospital, _word());
        vm.expectEmit(true, true, true, true, address(consents));
        emit I.LockedDown(alice, uint40(START));
        vm.prank(alice);
        consents.lockdown();
        bytes32 second = _grant(alice, hospital, _word(SCOPE, 1 | TREAT, uint40(START), uint40(START + 9), READ));
        vm.warp(START + 1);
        bytes32 third = _grant(alice, hospital, _word());
        _same(_reason(alice, hospital, first, hospital), 3, "before");
        _same(_reason(alice, hospital, second, hospital), 3, "in the same second");
        _same(_reason(alice, hospital, third, hospital), 0, "after");
        _same(consents.lockedAt(ben), 0, "another patient");
    }

    function test_a_signed_lockdown_only_raises_the_mark_and_never_into_the_future() external {
        _lock(uint40(START));
        vm.recordLogs();
        _lock(uint40(START - 1));
        _lock(uint40(START));
        _noEvents();
        _same(consents.lockedAt(alice), START, "mark");
        bytes4 selector = I.ConsentRegistry_BadTime.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, START + 1, START));
        consents.lockdownBySig(alice, uint40(START + 1), "");
        vm.expectRevert(abi.encodeWithSelector(selector, 0, START));
        consents.lockdownBy(dora, alice, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_BadLength.selector, 0));
        consents.lockdownBySig(alice, uint40(START), "");
    }

    function _lock(uint40 time) private {
        consents.lockdownBySig(alice, time, _sign(ALICE_KEY, address(consents), _lockdownHash(alice, time)));
    }

    function test_only_the_participant_registry_retires_an_address() external {
        address[3] memory callers = [alice, regulator, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ConsentRegistry_NotParticipantRegistry.selector, callers[i]));
            vm.prank(callers[i]);
            consents.retireAddress(alice);
        }
        vm.prank(address(participants));
        consents.retireAddress(alice);
        _same(consents.lockedAt(alice), type(uint40).max, "mark");
        _same(_reason(alice, hospital, _grant(alice, hospital, _word()), hospital), 3, "dead on arrival");
    }

    // ----------------------------------------------------------------------------------------------- delegates

    /// @dev A delegate acts within its powers, until its end, and until a lockdown.
    function testFuzz_a_delegate_acts_only_with_the_power(uint8 powers, uint8 asked) external {
        powers = powers & 63;
        _delegateTo(dora, powers, uint40(START + 100));
        uint40 expected = asked != 0 && powers & asked == asked ? uint40(START + 100) : 0;
        _same(consents.actsUntil(alice, dora, asked), expected, "powers");
        _same(consents.actsUntil(alice, ben, asked), 0, "another delegate");
        _same(consents.actsUntil(ben, dora, asked), 0, "another patient");
        uint256 word = _word(SCOPE, TREAT, uint40(START), uint40(START + 100), READ);
        require(_delegatedGrant(word) == (powers & 1 != 0), "grant");
        bytes32 terms = _terms(alice, hospital, word, 0);
        bytes memory signature = _sign(DORA_KEY, address(consents), _revokeHash(alice, hospital, terms));
        (bool success,) =
            address(consents).call(abi.encodeCall(consents.revokeBy, (dora, alice, hospital, terms, signature)));
        require(success == (powers & 2 != 0), "revoke");
        signature = _sign(DORA_KEY, address(consents), _lockdownHash(alice, uint40(START)));
        (success,) =
            address(consents).call(abi.encodeCall(consents.lockdownBy, (dora, alice, uint40(START), signature)));
        require(success == (powers & 4 != 0), "lock");
        _same(consents.lockedAt(alice), success ? START : 0, "mark");
        if (success) _same(consents.actsUntil(alice, dora, powers), 0, "the lockdown voids the delegation too");
    }

    function test_a_delegate_ends_with_its_date_and_grants_nothing_longer() external {
        _delegateTo(dora, 1, uint40(START + 100));
        uint256 word = _word(SCOPE, TREAT, uint40(START), uint40(START + 101), READ);
        bytes memory signature = _sign(DORA_KEY, address(consents), _terms(alice, hospital, word, 0));
        vm.expectRevert(abi.encodeWithSelector(I.ConsentRegistry_OutlivesDelegation.selector, START + 101, START + 100));
        consents.grantBy(dora, alice, hospital, word, 0, STATEMENT, signature);
        word = _word(SCOPE, TREAT, uint40(START), uint40(START + 100), READ);
        vm.warp(START + 100);
        _same(consents.actsUntil(alice, dora, 1), 0, "ended");
        signature = _sign(DORA_KEY, address(consents), _terms(alice, hospital, word, 0));
        vm.expectRevert(abi.encodeWithSelector(I.ConsentRegistry_NotEmpowered.selector, alice, dora, 1));
        consents.grantBy(dora, alice, hospital, word, 0, STATEMENT, signature);
        vm.warp(START + 99);
        require(_delegatedGrant(word), "the last second");
    }

    function test_a_delegate_named_after_a_lockdown_acts() external {
        vm.prank(alice);
        consents.lockdown();
        _delegateTo(dora, 1, uint40(START + 400 days));
        _same(consents.actsUntil(alice, dora, 1), 0, "in its second");
        vm.warp(START + 1);
        _delegateTo(dora, 1, uint40(START + 400 days));
        require(_delegatedGrant(_word()), "after it");
        _delegateTo(dora, 0, uint40(START + 400 days));
        _same(consents.actsUntil(alice, dora, 1), 0, "withdrawn");
        _same(consents.actsUntil(alice, dora, 0), 0, "no power is no power");
    }

    function test_a_delegate_may_be_a_contract_wallet_and_must_sign_itself() external {
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(ben));
        _delegateTo(wallet, 1, uint40(START + 400 days));
        bytes32 terms = _terms(alice, hospital, _word(), 0);
        bytes memory signature = _sign(ALICE_KEY, address(consents), terms);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, wallet));
        consents.grantBy(wallet, alice, hospital, _word(), 0, STATEMENT, signature);
        consents.grantBy(wallet, alice, hospital, _word(), 0, STATEMENT, _sign(BEN_KEY, address(consents), terms));
        _delegateTo(dora, 1, uint40(START + 400 days));
        uint256 word = _word() | 2 << 8;
        terms = _terms(alice, hospital, word, 0);
        signature = _sign(BEN_KEY, address(consents), terms);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, dora, ben));
        consents.grantBy(dora, alice, hospital, word, 0, STATEMENT, signature);
    }

    function _delegatedGrant(uint256 word) private returns (bool success) {
        bytes memory signature = _sign(DORA_KEY, address(consents), _terms(alice, hospital, word, 0));
        (success,) = address(consents)
            .call(abi.encodeCall(consents.grantBy, (dora, alice, hospital, word, bytes32(0), STATEMENT, signature)));
    }

    function _noEvents() private {
        _same(vm.getRecordedLogs().length, 0, "events");
    }

    function _revoke(bytes32 terms) private {
        vm.prank(alice);
        consents.revoke(hospital, terms);
    }

    function _split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        bytes memory padded = bytes.concat(signature, new bytes(31));
        bytes32 last;
        (r, s, last) = abi.decode(padded, (bytes32, bytes32, bytes32));
        v = uint8(bytes1(last));
    }
}
