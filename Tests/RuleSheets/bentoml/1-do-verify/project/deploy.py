import hashlib
import hmac
from pathlib import Path

import bentoml


def verify_bento(bento_path: str, expected_hash: str) -> bool:
    digest = hashlib.sha256()
    for file in sorted(Path(bento_path).rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    if not hmac.compare_digest(digest.hexdigest(), expected_hash):
        raise ValueError("Bento integrity check failed")
    return True


def import_verified_bento(bento_path: str, expected_hash: str):
    verify_bento(bento_path, expected_hash)
    return bentoml.import_bento(bento_path)
