"""Check that the commands which README says CI runs are the ones it runs, and that versions agree.

    python3 scripts/readme_commands.py --check     what `make lint` and CI call
    python3 scripts/readme_commands.py             print the commands

In README.md a comment `<!-- run by .ci/run -->` on the line before a code fence marks its commands; `<!-- run by
tests/unit/test_readme.py -->` marks a block that the named test runs. Every marked command must stand in .ci/run
as a stage, word for word, and be a target of the Makefile where it is `make ...`; a named test must exist and read
README.md; every `make` word that README names anywhere must be a target. The newest version in CHANGELOG.md must be
the one in pyproject.toml. Standard library only.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"<!-- run by (?P<by>\S+) -->\n```(?P<language>\w*)\n(?P<body>.*?)\n```", re.DOTALL)
MAKE = re.compile(r"`(?:\w+=\S+ )*make ([a-z]+)[^`]*`")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
VERSION = re.compile(r"^## \[(\d+\.\d+\.\d+[^\]]*)\]", re.MULTILINE)
STAGE = re.compile(r"^\s*stage\s+\S+\s+(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A marked block of README: who runs it and its lines."""

    by: str
    language: str
    body: str

    @property
    def commands(self) -> list[str]:
        """Its commands, without prompts, comments and empty lines."""
        lines = (re.sub(r"\s+#.*$", "", line).removeprefix("$ ").strip() for line in self.body.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def blocks(readme: str) -> list[Block]:
    """The marked blocks, in order."""
    return [Block(**match.groupdict()) for match in FENCE.finditer(readme)]


def stages(script: str) -> list[str]:
    """The commands of .ci/run: what stands after the name of each stage."""
    return [command.strip() for command in STAGE.findall(script)]


def problems(root: Path) -> list[str]:
    """One sentence for each command or version that does not agree."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    targets = set(TARGET.findall((root / "Makefile").read_text(encoding="utf-8")))
    run = stages((root / ".ci" / "run").read_text(encoding="utf-8"))
    marked = blocks(readme)
    found = []
    commands = [command for block in marked if block.by == ".ci/run" for command in block.commands]
    found += [f"README.md says .ci/run runs `{one}`, and it does not" for one in commands if one not in run]
    if "make test" not in commands:
        found.append("README.md has no block marked as run by .ci/run with `make test`")
    named = {*MAKE.findall(readme), *(match[1] for one in commands if (match := re.search(r"\bmake ([a-z]+)", one)))}
    found += [f"README.md names `make {word}`, which the Makefile lacks" for word in sorted(named - targets)]
    for block in marked:
        if block.by == ".ci/run":
            continue
        test = root / block.by
        if not test.is_file() or "README.md" not in test.read_text(encoding="utf-8"):
            found.append(f"README.md says {block.by} runs a block, and no such test reads README.md")
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = VERSION.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))[:1]
    if newest != [version]:
        found.append(f"CHANGELOG.md ends at {newest[0] if newest else 'no version'}, pyproject.toml has {version}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the commands, or check."""
    parser = argparse.ArgumentParser(description="Check README's commands against .ci/run, and the version.")
    parser.add_argument("--check", action="store_true", help="print only what is wrong; fail when anything is")
    if not parser.parse_args(arguments).check:
        for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")):
            print("\n".join(f"{block.by}: {command}" for command in block.commands))
        return 0
    found = problems(ROOT)
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
