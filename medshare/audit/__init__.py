"""Who looked, provable to anyone: the trees behind a gateway's anchors, exports, and what a regulator counts.

Pure rules: nothing here asks a gateway, and only `medshare.audit.chain` and `medshare.audit.node` ask a chain. The
gateway's side is `medshare.gateway.anchoring`, the agent's `medshare.actors.looking`, the regulator's
`medshare.actors.oversight`.

======================  ==========================================================================
`tags`                  the blinded tag of a patient at a gateway
`trees`                 the tree of a period's receipts, and the sorted tree of all lines
`anchors`               what the AuditLog keeps of a period, and the chain of them
`judging`               is one line whole and true: findings
`export`, `verify`      one file that proves a log, and the verdict on it
`standing`              who was allowed what at a block, from the events alone
`overseeing`            what a regulator finds in all periods of a gateway
======================  ==========================================================================
"""
