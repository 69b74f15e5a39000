"""`python -m medshare`: the command line."""

from __future__ import annotations

from medshare.cli import main

if __name__ == "__main__":
    main()
