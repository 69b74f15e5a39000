"""DICOM: instances wrapped whole, few attributes indexed, studies made of them. See `README.md` beside this file."""

from __future__ import annotations

from medshare.conversion.dicom.dicom import Dicom
from medshare.conversion.dicom.structure import Bounds
from medshare.conversion.dicom.study import merge

__all__ = ["Bounds", "Dicom", "merge"]
