// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IStandsFor} from "../interfaces/IStandsFor.sol";

import {AccountWord} from "./AccountWord.sol";
import {ConsentWord} from "./ConsentWord.sol";
import {Predecessor} from "./Predecessor.sol";
import {Signatures} from "./Signatures.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Consents
/// @notice The manual is `IConsentRegistry`.
contract ConsentRegistry is IConsentRegistry, EIP712, Predecessor {
    using ConsentWord for uint256;

    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "Consent(address patient,address grantee,uint64 scope,uint64 purposes,uint8 actions,uint40 notBefore,uint40 notAfter,uint32 issuedAt,bytes32 request,string statement)"
    );
    bytes32 private constant REVOKE_TYPEHASH = keccak256("Revoke(address patient,address grantee,bytes32 terms)");
    bytes32 private constant LOCKDOWN_TYPEHASH = keccak256("Lockdown(address patient,uint40 time)");

    uint8 private constant POWER_GRANT = 1;
    uint8 private constant POWER_REVOKE = 2;
    uint8 private constant POWER_LOCK = 4;
    uint256 private constant LONGEST_BATCH = 100;

    /// @notice Who is active, who is whose staff, who is whose delegate.
    IParticipantRegistry public immutable participants;

    // A consent's word, with its status, lies in the slot whose number is the consentId (`_slot`): one keccak256 of
    // 96 bytes, where the mappings' places are of 64. A status only ever rises: none, granted, revoked.

    /// @dev patient => the second up to which every consent and delegation is void. Never falls.
    mapping(address patient => StorageSlot.Uint256Slot mark) private _marks;

    constructor(IParticipantRegistry participants_, address predecessor_)
        EIP712("MedShare", "1")
        Predecessor(predecessor_)
    {
        participants = participants_;
    }

    /// @inheritdoc IConsentRegistry
    function grant(address grantee, uint256 word, bytes32 request, bytes32 statementHash)
        external
        returns (bytes32 consentId)
    {
        bytes32 terms = _terms(msg.sender, grantee, word, request, statementHash);
        StorageSlot.Uint256Slot storage slot;
        bool known;
        (consentId, slot, known) = _find(msg.sender, grantee, terms);
        if (known) return consentId;
        _requireWord(word, grantee);
        // [C-001]
        _grant(slot, msg.sender, grantee, terms, word);
    }

    /// @inheritdoc IConsentRegistry
    function grantBySig(
        address patient,
        address grantee,
        uint256 word,
        bytes32 request,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId) {
        bytes32 terms = _terms(patient, grantee, word, request, statementHash);
        StorageSlot.Uint256Slot storage slot;
        bool known;
        (consentId, slot, known) = _find(patient, grantee, terms);
        if (known) return consentId;
        _requireWord(word, grantee);
        // [C-002]
        Signatures.requireKey(patient, _hashTypedDataV4(terms), signature);
        _grant(slot, patient, grantee, terms, word);
    }

    /// @inheritdoc IConsentRegistry
    function grantBy(
        address signer,
        address patient,
        address grantee,
        uint256 word,
        bytes32 request,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId) {
        bytes32 terms = _terms(patient, grantee, word, request, statementHash);
        StorageSlot.Uint256Slot storage slot;
        bool known;
        (consentId, slot, known) = _find(patient, grantee, terms);
        if (known) return consentId;
        _requireWord(word, grantee);
        uint40 end = _requireSigner(signer, patient, POWER_GRANT, terms, signature);
        // [C-004]
        if (word.notAfter() > end) revert ConsentRegistry_OutlivesDelegation(word.notAfter(), end);
        _grant(slot, patient, grantee, terms, word);
    }

    /// @inheritdoc IConsentRegistry
    function grantBatch(SignedConsent[] calldata items) external {
        _requireBatch(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            bytes4 fault = _tryGrant(items[i]);
            // [C-024]
            if (fault != 0) emit GrantSkipped(i, items[i].patient, fault);
        }
    }

    /// @inheritdoc IConsentRegistry
    function revoke(address grantee, bytes32 terms) external {
        // [C-013]
        _revoke(msg.sender, _id(msg.sender, grantee, terms));
    }

    /// @inheritdoc IConsentRegistry
    function revokeBySig(address patient, address grantee, bytes32 terms, bytes calldata signature) external {
        // [C-013]
        Signatures.requireKey(patient, _hashTypedDataV4(_revocation(patient, grantee, terms)), signature);
        _revoke(patient, _id(patient, grantee, terms));
    }

    /// @inheritdoc IConsentRegistry
    function revokeBy(address signer, address patient, address grantee, bytes32 terms, bytes calldata signature)
        external
    {
        _requireSigner(signer, patient, POWER_REVOKE, _revocation(patient, grantee, terms), signature);
        _revoke(patient, _id(patient, grantee, terms));
    }

    /// @inheritdoc IConsentRegistry
    function revokeBatch(SignedRevocation[] calldata items) external {
        _requireBatch(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            SignedRevocation calldata item = items[i];
            bytes32 structHash = _revocation(item.patient, item.grantee, item.terms);
            (bytes4 fault,) = Signatures.inspect(item.patient, _hashTypedDataV4(structHash), item.signature);
            if (fault == 0) _revoke(item.patient, _id(item.patient, item.grantee, item.terms));
            else emit RevocationSkipped(i, item.patient, fault);
        }
    }

    /// @inheritdoc IConsentRegistry
    function lockdown() external {
        _raise(msg.sender, block.timestamp);
    }

    /// @inheritdoc IConsentRegistry
    function lockdownBySig(address patient, uint40 time, bytes calldata signature) external {
        bytes32 structHash = _lockdown(patient, time);
        Signatures.requireKey(patient, _hashTypedDataV4(structHash), signature);
        _raise(patient, time);
    }

    /// @inheritdoc IConsentRegistry
    function lockdownBy(address signer, address patient, uint40 time, bytes calldata signature) external {
        bytes32 structHash = _lockdown(patient, time);
        _requireSigner(signer, patient, POWER_LOCK, structHash, signature);
        _raise(patient, time);
    }

    /// @inheritdoc IConsentRegistry
    function retireAddress(address patient) external {
        // [C-018]
        if (msg.sender != address(participants)) revert ConsentRegistry_NotParticipantRegistry(msg.sender);
        // [C-018]
        _raise(patient, type(uint40).max);
    }

    /// @inheritdoc IConsentRegistry
    function permits(
        address patient,
        address grantee,
        bytes32 terms,
        address accessor,
        uint8 slot,
        uint8 purpose,
        uint8 action
    ) external view returns (bool) {
        return _whyNot(patient, grantee, terms, accessor, ConsentWord.need(slot, purpose, action)) == 0;
    }

    /// @inheritdoc IConsentRegistry
    function whyNot(
        address patient,
        address grantee,
        bytes32 terms,
        address accessor,
        uint8 slot,
        uint8 purpose,
        uint8 action
    ) external view returns (uint8 reason) {
        // [C-023]
        return _whyNot(patient, grantee, terms, accessor, ConsentWord.need(slot, purpose, action));
    }

    /// @inheritdoc IConsentRegistry
    function holds(address patient, address grantee, bytes32 terms, address accessor, uint8 action)
        external
        view
        returns (bool)
    {
        return _whyNot(patient, grantee, terms, accessor, ConsentWord.need(action)) == 0;
    }

    /// @inheritdoc IConsentRegistry
    function consentOf(address patient, address grantee, bytes32 terms) external view returns (uint256 word) {
        return _slot(_id(patient, grantee, terms)).value;
    }

    /// @inheritdoc IConsentRegistry
    function lockedAt(address patient) external view returns (uint40 mark) {
        return uint40(_marks[patient].value);
    }

    /// @inheritdoc IConsentRegistry
    function actsUntil(address patient, address delegate, uint8 powers) external view returns (uint40 notAfter) {
        return _actsUntil(patient, delegate, powers);
    }

    /// @inheritdoc IConsentRegistry
    function termsOf(address patient, address grantee, uint256 word, bytes32 request, bytes32 statementHash)
        external
        pure
        returns (bytes32 terms)
    {
        return _terms(patient, grantee, word, request, statementHash);
    }

    // Checks of a batch item, then its effect: nothing here reverts, so one bad item does not fail a hundred.
    function _tryGrant(SignedConsent calldata item) private returns (bytes4 fault) {
        (address patient, address grantee, uint256 word) = (item.patient, item.grantee, item.word);
        bytes32 terms = _terms(patient, grantee, word, item.request, item.statementHash);
        bytes32 consentId = _id(patient, grantee, terms);
        StorageSlot.Uint256Slot storage slot = _slot(consentId);
        uint8 status = slot.value.status();
        // [C-011]
        if (status == ConsentWord.GRANTED) return 0;
        // [C-012]
        if (status == ConsentWord.REVOKED) return ConsentRegistry_AlreadyRevoked.selector;
        fault = word.inspect(grantee);
        if (fault != 0) return fault;
        (fault,) = Signatures.inspect(patient, _hashTypedDataV4(terms), item.signature);
        if (fault == 0) _grant(slot, patient, grantee, terms, word);
    }

    function _grant(StorageSlot.Uint256Slot storage slot, address patient, address grantee, bytes32 terms, uint256 word)
        private
    {
        word |= ConsentWord.GRANTED;
        slot.value = word;
        // [G-003]
        emit Granted(patient, grantee, terms, word);
    }

    function _revoke(address patient, bytes32 consentId) private {
        StorageSlot.Uint256Slot storage slot = _slot(consentId);
        uint256 word = slot.value;
        // [C-014]
        if (word.status() == ConsentWord.REVOKED) return;
        slot.value = word >> 8 << 8 | ConsentWord.REVOKED;
        emit Revoked(patient, consentId);
    }

    function _raise(address patient, uint256 mark) private {
        StorageSlot.Uint256Slot storage slot = _marks[patient];
        // [C-016]
        if (mark <= slot.value) return;
        slot.value = mark;
        emit LockedDown(patient, uint40(mark));
    }

    function _find(address patient, address grantee, bytes32 terms)
        private
        view
        returns (bytes32 consentId, StorageSlot.Uint256Slot storage slot, bool known)
    {
        consentId = _id(patient, grantee, terms);
        slot = _slot(consentId);
        uint8 status = slot.value.status();
        // [C-012]
        if (status == ConsentWord.REVOKED) revert ConsentRegistry_AlreadyRevoked(consentId);
        // [C-011]
        known = status == ConsentWord.GRANTED;
    }

    function _requireWord(uint256 word, address grantee) private view {
        bytes4 fault = word.inspect(grantee);
        if (fault != 0) ConsentWord.refuse(fault, word);
    }

    /// @return end The last second the signer's grants may reach: the delegation's end; without one, no bound.
    function _requireSigner(address signer, address patient, uint8 power, bytes32 structHash, bytes calldata signature)
        private
        view
        returns (uint40 end)
    {
        bytes32 digest = _hashTypedDataV4(structHash);
        if (signer == patient) {
            Signatures.requireWallet(patient, digest, signature);
            return type(uint40).max;
        }
        end = _actsUntil(patient, signer, power);
        // [C-003]
        if (end == 0) revert ConsentRegistry_NotEmpowered(patient, signer, power);
        Signatures.requireEither(signer, digest, signature);
    }

    function _requireBatch(uint256 length) private pure {
        // [C-024]
        if (length == 0 || length > LONGEST_BATCH) revert ConsentRegistry_BadBatch(length);
    }

    function _actsUntil(address patient, address delegate, uint8 powers) private view returns (uint40) {
        (uint8 held, uint40 issuedAt, uint40 notAfter) = participants.delegationOf(patient, delegate);
        bool inForce = block.timestamp < notAfter && issuedAt > _marks[patient].value;
        // [C-017]
        return powers != 0 && held & powers == powers && inForce ? notAfter : 0;
    }

    /// @param need The bits that the word must have.
    function _whyNot(address patient, address grantee, bytes32 terms, address accessor, uint256 need)
        private
        view
        returns (uint8)
    {
        uint256 word = _slot(_id(patient, grantee, terms)).value;
        if (word.status() != ConsentWord.GRANTED) return word.status() == 0 ? 1 : 2;
        // [C-015]
        if (word.issuedAt() <= _marks[patient].value) return 3;
        // [C-019]
        if (block.timestamp < word.notBefore()) return 4;
        // [C-019]
        if (block.timestamp >= word.notAfter()) return 5;
        uint256 missing = need & ~word;
        // [C-020]
        if (missing != 0) return missing.scope() != 0 ? 6 : missing.purposes() != 0 ? 7 : 8;
        return _whyNotAccessor(patient, grantee, accessor);
    }

    function _whyNotAccessor(address patient, address grantee, address accessor) private view returns (uint8) {
        (uint256 granteeWord, uint256 accessorWord) = participants.accountsOf(grantee, accessor);
        // [C-022]
        if (!AccountWord.isPrincipal(granteeWord)) return 9;
        if (accessor == grantee) return 0;
        if (AccountWord.institution(accessorWord) != grantee) {
            // [C-021]
            if (AccountWord.roles(granteeWord) & AccountWord.SERVICE == 0) return 10;
            // [C-021]
            if (!_standsFor(grantee, patient, accessor)) return 10;
        }
        // [C-022]
        return AccountWord.isActive(accessorWord) ? 0 : 11;
    }

    /// @dev Anything but a clean, cheap yes is a no.
    function _standsFor(address service, address patient, address accessor) private view returns (bool) {
        (bool success, bytes memory answer) =
            service.staticcall{gas: Signatures.CALL_GAS}(abi.encodeCall(IStandsFor.standsFor, (patient, accessor)));
        return success && answer.length == 32 && uint256(bytes32(answer)) == 1;
    }

    function _slot(bytes32 consentId) private pure returns (StorageSlot.Uint256Slot storage) {
        return StorageSlot.getUint256Slot(consentId);
    }

    function _id(address patient, address grantee, bytes32 terms) private pure returns (bytes32) {
        return keccak256(abi.encode(patient, grantee, terms));
    }

    function _terms(address patient, address grantee, uint256 word, bytes32 request, bytes32 statementHash)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                CONSENT_TYPEHASH,
                patient,
                grantee,
                word.scope(),
                word.purposes(),
                word.actions(),
                word.notBefore(),
                word.notAfter(),
                word.issuedAt(),
                request,
                statementHash
            )
        );
    }

    function _revocation(address patient, address grantee, bytes32 terms) private pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE_TYPEHASH, patient, grantee, terms));
    }

    function _lockdown(address patient, uint40 time) private view returns (bytes32) {
        // [C-016]
        if (time == 0 || time > block.timestamp) revert ConsentRegistry_BadTime(time, block.timestamp);
        return keccak256(abi.encode(LOCKDOWN_TYPEHASH, patient, time));
    }
}
