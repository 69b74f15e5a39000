// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {Meter} from "./Meter.sol";
import {vm} from "./Vm.sol";

/// @dev Nothing costs more because others have consents: the same eight operations with next to nothing on the chain,
/// and again after MEDSHARE_CONSENTS consents (100,000 in the benchmark). Run with `--isolate`.
contract FlatTest is Meter {
    uint256 private constant BATCH = 100;
    /// @dev 0.5 %, as the design promises; in fact only the bytes of random calldata differ.
    uint256 private constant ONE_IN = 200;

    function test_costs_are_flat() external {
        uint256 consentCount = vm.envOr("MEDSHARE_CONSENTS", 1000);
        uint256[9] memory before = _measureAll(1);
        for (uint256 i = 0; i < consentCount / BATCH; ++i) {
            this.seed(i);
        }
        uint256[9] memory afterwards = _measureAll(2);
        emit log_named_uint("consents seeded", consentCount / BATCH * BATCH);
        string[9] memory names = [
            "grant",
            "grant by signature",
            "revoke",
            "lockdown",
            "permits (view)",
            "open a request",
            "anchor",
            "confirm with 3 signatures",
            "status (view)"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            uint256 apart = before[i] > afterwards[i] ? before[i] - afterwards[i] : afterwards[i] - before[i];
            emit log_named_uint(string.concat("flat at 1: ", names[i]), before[i]);
            emit log_named_uint(string.concat("flat at many: ", names[i]), afterwards[i]);
            require(apart * ONE_IN <= before[i], names[i]);
        }
    }

    /// @dev One batch of consents of patients of their own. External, so that each batch gives its memory back.
    function seed(uint256 batch) external {
        IConsentRegistry.SignedConsent[] memory items = new IConsentRegistry.SignedConsent[](BATCH);
        uint256 word = _word();
        for (uint256 i = 0; i < BATCH; ++i) {
            uint256 key = 1_000_000 + batch * BATCH + i;
            address patient = vm.addr(key);
            bytes memory signature = _sign(key, address(consents), _terms(patient, hospital, word, 0));
            items[i] = IConsentRegistry.SignedConsent(patient, hospital, word, 0, STATEMENT, signature);
        }
        consents.grantBatch(items);
        bytes32 terms = _terms(items[BATCH - 1].patient, hospital, word, 0);
        require(consents.consentOf(items[BATCH - 1].patient, hospital, terms) != 0, "seeding failed");
    }

    function _measureAll(uint256 round) private returns (uint256[9] memory spent) {
        (uint256 key, bytes32 root) = (500 + round, keccak256(abi.encode("root", round)));
        address patient = vm.addr(key);
        uint256 word = _word();
        bytes32 terms = _terms(patient, hospital, word, 0);
        bytes memory grantCall = abi.encodeCall(consents.grant, (hospital, word, bytes32(0), STATEMENT));
        spent[0] = _spend(patient, address(consents), grantCall);
        spent[1] = _spend(relayer, address(consents), _signedGrant(vm.addr(key + 50), key + 50));
        bytes memory permits =
            abi.encodeCall(consents.permits, (patient, hospital, terms, hospital, _aSlot(), uint8(60), READ));
        spent[4] = _spendView(address(consents), permits);
        spent[2] = _spend(patient, address(consents), abi.encodeCall(consents.revoke, (hospital, terms)));
        spent[3] = _spend(patient, address(consents), abi.encodeCall(consents.lockdown, ()));
        bytes memory open = abi.encodeCall(requests.open, (root, uint40(START + 30 days)));
        spent[5] = _spend(hospital, address(requests), open);
        spent[6] = _spend(hospital, address(records), _anchorCall(root));
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, root, 3);
        bytes memory confirm = abi.encodeCall(records.confirm, (hospital, root, signers, signatures));
        spent[7] = _spend(relayer, address(records), confirm);
        bytes32 leaf = _leaf(patient, INNER);
        spent[6] = _spend(hospital, address(records), _anchorCall(leaf));
        bytes memory status = abi.encodeCall(records.status, (hospital, leaf, patient, INNER, new bytes32[](0)));
        spent[8] = _spendView(address(records), status);
    }
}
