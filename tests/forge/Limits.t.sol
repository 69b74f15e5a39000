// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatures} from "../../interfaces/ISignatures.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @dev The last value on the good side of limits that are far from what a test meets by itself.
contract LimitsTest is Base {
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function test_the_greatest_low_s_is_accepted_and_the_next_is_refused() external {
        uint256 word = _word(SCOPE, TREAT, uint40(START), uint40(START + 100), READ);
        bytes32 digest = _digest(address(consents), _terms(alice, hospital, word, 0));
        address signer;
        uint256 r = 0;
        while (signer == address(0)) signer = ecrecover(digest, 27, bytes32(++r), bytes32(HALF_ORDER));
        _delegateTo(signer, 1, uint40(START + 100));
        bytes32 high = bytes32(HALF_ORDER + 1);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_HighS.selector, high));
        consents.grantBy(signer, alice, hospital, word, 0, STATEMENT, abi.encodePacked(r, high, uint8(27)));
        consents.grantBy(signer, alice, hospital, word, 0, STATEMENT, abi.encodePacked(r, HALF_ORDER, uint8(27)));
        _same(_reason(alice, hospital, _terms(alice, hospital, word, 0), hospital), 0, "granted");
    }

    /// @dev The wallet's code: GAS, then ERC-1271's answer if that was 99,998 (GAS itself costs 2), else zeros.
    function test_a_wallet_has_exactly_100000_gas_to_answer() external {
        vm.etch(stranger, hex"5a630001869e14631626ba7e0260e01b60005260206000f3");
        consents.grantBy(stranger, stranger, hospital, _word(), 0, STATEMENT, "");
        _same(_reason(stranger, hospital, _terms(stranger, hospital, _word(), 0), hospital), 0, "granted");
    }

    function test_up_to_32_validators_confirm_together() external {
        uint256[32] memory keys;
        for (uint256 i = 0; i < 32; ++i) {
            uint256 key = 0x7000 + i;
            _accredit(vm.addr(key), 8);
            uint256 place = i;
            for (; place != 0 && vm.addr(keys[place - 1]) > vm.addr(key); --place) {
                keys[place] = keys[place - 1];
            }
            keys[place] = key;
        }
        bytes32 root = keccak256("root");
        vm.prank(hospital);
        records.anchor(root, 1, new bytes32[](0));
        address[] memory signers = new address[](32);
        bytes memory signatures;
        for (uint256 i = 0; i < 32; ++i) {
            signers[i] = vm.addr(keys[i]);
            signatures = bytes.concat(signatures, _sign(keys[i], address(records), _confirmHash(hospital, root)));
        }
        records.confirm(hospital, root, signers, signatures);
        (,, uint8 confirmations) = records.anchorOf(hospital, root);
        _same(confirmations, 32, "confirmations");
    }
}
