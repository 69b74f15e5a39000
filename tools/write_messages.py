"""Write `medshare/typed_data/messages.json`: `.venv/bin/python -m tools.write_messages`."""

from __future__ import annotations

from pathlib import Path

import medshare.typed_data
from medshare.typed_data.payload import table_text

if __name__ == "__main__":
    path = Path(medshare.typed_data.__file__).parent / "messages.json"
    path.write_text(table_text(), encoding="utf-8")
    print(f"Wrote {path.name}.")
