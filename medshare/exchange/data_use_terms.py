"""The codes of the Data Use Ontology (DUO), release 2021-02-23, with their shorthands and labels.

DUO is by the GA4GH Data Use and Researcher Identities work stream, under the Creative Commons Attribution 4.0
International License (https://creativecommons.org/licenses/by/4.0/). Here stand the 23 terms that may be assigned,
without their descriptions; a group of terms has no shorthand and is never assigned.
"""

from __future__ import annotations

from typing import Final

DATA_USE_TERMS: Final = """
0000004 NRES no restriction
0000006 HMB health or medical or biomedical research
0000007 DS disease specific research
0000011 POA population origins or ancestry research only
0000012 RS research specific restrictions
0000015 NMDS no general methods research
0000016 GSO genetic studies only
0000018 NPUNCU not for profit, non commercial use only
0000019 PUB publication required
0000020 COL collaboration required
0000021 IRB ethics approval required
0000022 GS geographical restriction
0000024 MOR publication moratorium
0000025 TS time limit on use
0000026 US user specific restriction
0000027 PS project specific restriction
0000028 IS institution specific restriction
0000029 RTN return to database or resource
0000042 GRU general research use
0000043 CC clinical care use
0000044 NPOA population origins or ancestry research prohibited
0000045 NPU not for profit organisation use only
0000046 NCU non-commercial use only
"""
"""A line for each term: seven digits, the shorthand, and the label."""
