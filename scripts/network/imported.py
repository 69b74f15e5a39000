"""Imports all of the package, for the process that commands are forked from."""

from __future__ import annotations

import importlib
import pkgutil

import medshare

for _module in pkgutil.walk_packages(medshare.__path__, "medshare."):
    if not _module.name.endswith("__main__") and ".migrations." not in _module.name:
        importlib.import_module(_module.name)
