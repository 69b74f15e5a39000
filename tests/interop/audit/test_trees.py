"""Tags, both trees with all proofs, and heads equal those of @openzeppelin/merkle-tree and ethers on random cases."""

from __future__ import annotations

import random

from medshare.audit.anchors import Period
from medshare.audit.tags import tag_of
from medshare.audit.trees import LineHead, LineTree, check_line_proof, receipt_proof, receipts_root
from tests.interop.audit.reference import ask

TREES = 80


def bytes_of(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def test_the_roots_and_proofs_of_random_periods_are_equal():
    source = random.Random("periods")
    sizes = [*range(1, 33), *(source.randint(1, 60) for _ in range(TREES - 32))]
    periods = [[source.randbytes(32) for _ in range(size)] for size in sizes]
    answers = ask(receipts=[["0x" + one.hex() for one in period] for period in periods])["receipts"]
    assert len(answers) == TREES
    for digests, answer in zip(periods, answers, strict=True):
        assert receipts_root(digests) == bytes_of(answer["root"])
        for digest, proof in zip(digests, answer["proofs"], strict=True):
            assert receipt_proof(digests, digest) == tuple(bytes_of(step) for step in proof)


def test_the_roots_and_proofs_of_random_lines_are_equal():
    source = random.Random("lines")
    sizes = [*range(32), *(source.randint(1, 60) for _ in range(TREES - 32))]
    cases = [
        [
            LineHead(tag=source.randbytes(32), number=source.randint(1, 2**63), receipt=source.randbytes(32))
            for _ in range(size)
        ]
        for size in sizes
    ]
    request = [[["0x" + h.tag.hex(), str(h.number), "0x" + h.receipt.hex()] for h in heads] for heads in cases]
    answers = ask(lines=request)["lines"]
    assert len(answers) == TREES
    for heads, answer in zip(cases, answers, strict=True):
        tree = LineTree.of(heads)
        assert tree.root == bytes_of(answer["root"])
        ordered = sorted(heads, key=lambda head: head.tag)
        proofs = [tuple(bytes_of(step) for step in proof) for proof in answer["proofs"]]
        for head, proof in zip(ordered, proofs[1:], strict=True):
            shown = tree.prove(head.tag)
            assert shown.proof == proof
            assert check_line_proof(shown, root=tree.root, tag=head.tag) == head
        # The lower border proves that the lowest tag of all is nobody's.
        assert tree.prove((1).to_bytes(32, "big")).proof == proofs[0]


def test_random_tags_and_heads_are_equal():
    source = random.Random("tags")
    tags = [(source.randbytes(32), "0x" + source.randbytes(20).hex(), "0x" + source.randbytes(20).hex()) for _ in "123"]
    periods = [
        Period(
            number=1,
            previous=source.randbytes(32),
            receipts=source.randbytes(32),
            heads=source.randbytes(32),
            count=source.randint(0, 2**32 - 1),
        )
        for _ in "123"
    ]
    answer = ask(
        tags=[["0x" + key.hex(), gateway, patient] for key, gateway, patient in tags],
        heads=[["0x" + p.previous.hex(), "0x" + p.receipts.hex(), "0x" + p.heads.hex(), p.count] for p in periods],
    )
    made = [tag_of(key=key, gateway=gateway, patient=patient) for key, gateway, patient in tags]
    assert made == [bytes_of(tag) for tag in answer["tags"]]
    assert [period.head for period in periods] == [bytes_of(head) for head in answer["heads"]]
