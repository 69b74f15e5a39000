"""What an operator must know of one institution's gateway, in figures: one rule for people and for Prometheus.

`looking` asks chain and vault, `reads` compares what was released with what was allowed. `figures` is the rule that
makes `Health` of it, `judging` the rule that says which figure needs somebody. `medshare status` and `/metrics`
show both. No figure and no label speaks of a patient.
"""

from __future__ import annotations

from medshare.health.figures import Health, health_of
from medshare.health.judging import Point, State, judge
from medshare.health.looking import Looking
from medshare.health.reads import Reads

__all__ = ["Health", "Looking", "Point", "Reads", "State", "health_of", "judge"]
