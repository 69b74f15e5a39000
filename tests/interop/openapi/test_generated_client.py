"""The OpenAPI document as a generator of TypeScript clients reads it (openapi-typescript), and as tsc checks it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from medshare.gateway.wire import routes
from medshare.sandbox import Sandbox
from tests.unit.gateway.http.door import HttpDoor

BIN = Path("node_modules/.bin").resolve()
HERE = Path(__file__).parent


def run(program: str, *arguments: str, place: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / program), *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=170)


def test_a_client_generator_makes_types_of_every_act_and_a_client_compiles_with_them(tmp_path: Path):
    door = HttpDoor(Sandbox.in_memory().institution("City Hospital").gateway)
    (tmp_path / "openapi.json").write_bytes(door.get(routes.OPENAPI).content)
    door.close()
    made = run("openapi-typescript", "openapi.json", "--output", "gateway.d.ts", place=tmp_path)
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "gateway.d.ts").read_text()
    operations = text[text.index("export interface operations") :]
    assert set(re.findall(r"^    (\w+): \{$", operations, re.MULTILINE)) >= set(routes.ROUTES)
    shutil.copy(HERE / "client.ts", tmp_path)
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler")
    checked = run("tsc", *options, "client.ts", "gateway.d.ts", place=tmp_path)
    assert checked.returncode == 0, checked.stdout
