"""Reading in a second process, so that one core takes logs apart while the other writes rows.

`main` is that process: it reads one line of JSON from its standard input
(the node's address stands there, never on the command line), and answers on its standard output with
frames, the length first: a span, an error, or the end. It ends when nobody listens any more.
"""

from __future__ import annotations

import gc
import json
import marshal
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from medshare.errors import MedShareError
from medshare.hexadecimal import Address
from medshare.index import errors
from medshare.index.errors import ReaderEnded
from medshare.index.logs import Sources
from medshare.index.reading import spans
from medshare.index.span import Span
from medshare.ledger.chain.provider import HttpProvider
from medshare.ledger.chain.rpc import Endpoint, Rpc
from medshare.ledger.errors import BadEvent, BlockGone, NodeRefused, NodeUnreachable

LENGTH: Final = struct.Struct(">cQ")
SPAN, FAULT, END = b"s", b"f", b"e"

FAULTS: Final[dict[str, type[MedShareError]]] = {
    kind.code: kind
    for kind in (
        BadEvent,
        BlockGone,
        NodeRefused,
        NodeUnreachable,
        errors.HeaderDiffers,
        errors.LogForged,
        errors.LogsMissing,
        errors.ParentDiffers,
        errors.ReceiptsDiffer,
    )
}
"""What reading may raise, by code."""


def spans_apart(
    endpoint: Endpoint, place: str, addresses: Mapping[str, Address], *, start: int, goal: int, prove_from: int
) -> Iterator[Span]:
    """Yield what `medshare.index.reading.spans` does, read by a second process.

    Raises:
        ReaderEnded: That process was ended from outside.
        MedShareError: As `spans`.
    """
    question = {
        "url": endpoint.url,
        "place": place,
        "timeout": endpoint.timeout,
        "addresses": dict(addresses),
        "start": start,
        "goal": goal,
        "prove_from": prove_from,
    }
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    command = [sys.executable, "-c", "from medshare.index.apart import main; main()"]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            while (frame := _receive(process.stdout)) is not None:
                yield frame
        finally:
            process.kill()


def _receive(pipe: IO[bytes]) -> Span | None:
    head = pipe.read(LENGTH.size)
    if len(head) != LENGTH.size:
        raise ReaderEnded
    kind, length = LENGTH.unpack(head)
    body = pipe.read(length)
    if len(body) != length:
        raise ReaderEnded
    if kind == END:
        return None
    if kind == SPAN:
        return Span(*marshal.loads(body))  # noqa: S302 - from our own child
    fault = json.loads(body)
    raise FAULTS[fault["code"]](**fault["facts"])


def _send(pipe: IO[bytes], kind: bytes, body: bytes = b"") -> None:
    pipe.write(LENGTH.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def serve(question: dict[str, Any], pipe: IO[bytes]) -> None:
    """Answer one question with its frames."""
    # Errors tell the place that the asking process knows, without what may be secret in the URL.
    rpc = Rpc(HttpProvider(question["url"], question["timeout"]), question["place"])
    try:
        for span in spans(
            rpc,
            Sources(question["addresses"]),
            start=question["start"],
            goal=question["goal"],
            prove_from=question["prove_from"],
        ):
            _send(pipe, SPAN, marshal.dumps(tuple(span)))
    except tuple(FAULTS.values()) as error:
        _send(pipe, FAULT, json.dumps({"code": error.code, "facts": error.facts}).encode())
    else:
        _send(pipe, END)


def main() -> None:
    """Read the question and answer it."""
    # Nothing that is made here is part of a circle, and looking for circles takes a tenth of the time.
    gc.disable()
    try:
        serve(json.loads(sys.stdin.buffer.readline()), sys.stdout.buffer)
    except BrokenPipeError:
        # Whoever asked is gone. Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
