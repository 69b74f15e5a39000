"""The whole story on a fresh local chain, in plain sentences, with every claim checked as it is made.

`python -m medshare.demo` needs Anvil and nothing else; only synthetic patients appear. `story` tells it,
`stage` builds the chain and the people, `checks` keeps what was asserted, `faults` plants one.
"""

from __future__ import annotations
