"""Tables: CSV whose columns a mapping file explains. See `README.md` beside this file."""

from __future__ import annotations

from medshare.conversion.tabular.declaration import check_header, check_mapping, read_mapping
from medshare.conversion.tabular.mapping import Mapping
from medshare.conversion.tabular.tabular import Tabular, check_tables

__all__ = ["Mapping", "Tabular", "check_header", "check_mapping", "check_tables", "read_mapping"]
