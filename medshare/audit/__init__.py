"""Who looked, provable to anyone: the trees behind a gateway's anchors, exports, and what a regulator counts.

Pure rules: nothing here asks a gateway, and only `medshare.audit.chain` and `medshare.audit.oversight` ask a
ledger. The gateway's side is `medshare.gateway.anchoring`, the agent's `medshare.actors.looking`.

======================  ==========================================================================
`tags`                  the blinded tag of a patient at a gateway
`trees`                 the tree of a period's receipts, and the sorted tree of all lines
`anchors`               what the AuditLog keeps of a period, and the chain of them
======================  ==========================================================================
"""
