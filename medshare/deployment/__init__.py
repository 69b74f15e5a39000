"""Putting the contracts on a chain, and checking what stands there, without Brownie.

`deploy` and `check` are in `medshare.deployment.deploy` and `.check`, the deployment file in
`.file`, the compiled contracts in `.artefact`, a local Anvil in `.anvil`.
"""
