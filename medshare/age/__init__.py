"""The age v1 file format (C2SP age) with header and payload apart.

The *header* is the capsule: the file key, wrapped for each recipient. The *payload* is the body. Put
together they are a plain age file that any age program opens.

    identity = HybridIdentity.generate()
    file_key = FileKey.generate()
    body = seal_payload(file_key, b"...")
    capsule = seal_header(file_key, [identity.recipient])
    open_payload(open_header(capsule, [identity]), body)
"""

from __future__ import annotations

from medshare.age.entropy import Entropy
from medshare.age.file_key import FileKey
from medshare.age.files import decrypt, decrypt_payload_to_file, decrypt_to_file, encrypt, join, split
from medshare.age.header import Header, open_header, parse_header, read_header, rewrap, seal_header
from medshare.age.hybrid import HybridIdentity, HybridRecipient
from medshare.age.passphrase import ScryptIdentity, ScryptRecipient
from medshare.age.payload import (
    CHUNK,
    decrypt_payload,
    encrypt_payload,
    open_payload,
    payload_size,
    seal_payload,
)
from medshare.age.reader import PayloadReader
from medshare.age.recipients import Identity, Recipient
from medshare.age.stanza import Stanza
from medshare.age.x25519 import X25519Identity, X25519Recipient

__all__ = [
    "CHUNK",
    "Entropy",
    "FileKey",
    "Header",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "PayloadReader",
    "Recipient",
    "ScryptIdentity",
    "ScryptRecipient",
    "Stanza",
    "X25519Identity",
    "X25519Recipient",
    "decrypt",
    "decrypt_payload",
    "decrypt_payload_to_file",
    "decrypt_to_file",
    "encrypt",
    "encrypt_payload",
    "join",
    "open_header",
    "open_payload",
    "parse_header",
    "payload_size",
    "read_header",
    "rewrap",
    "seal_header",
    "seal_payload",
    "split",
]
