"""Tables of others, as they published them.

`duo.csv` is the Data Use Ontology, release 2021-02-23, by the GA4GH Data Use and Researcher Identities work stream:
https://github.com/EBISPOT/DUO at commit 81f5c3d9cc5a3e13614fdeaed53ace2496d7c095, unchanged, under the Creative Commons
Attribution 4.0 International License (https://creativecommons.org/licenses/by/4.0/).
"""

from __future__ import annotations
