# SPDX-License-Identifier: Apache-2.0
"""What a defect of the matrix is: files that have it, and the same files without it."""
from dataclasses import dataclass, field
from pathlib import Path

LINK = b"\0link\0"
APP = "@APP@"


@dataclass(frozen=True)
class Defect:
    name: str
    group: str
    title: str
    bad: dict[str, bytes]
    clean: dict[str, bytes]
    #: Tools that read this kind of model file.
    readers: frozenset[str] = frozenset()
    #: Whether it is a secret in a text, for which checkov has a scanner of its own.
    secret: bool = False
    #: Whether the twin is faultless, or only without this defect.
    twin_is_faultless: bool = field(default=True)

    @staticmethod
    def link(target):
        return LINK + target.encode()

    def write(self, root: Path):
        """bad/… and clean/… beneath a directory of its own."""
        for side, files in (("bad", self.bad), ("clean", self.clean)):
            for path, content in files.items():
                place = root / self.name / side / path
                place.parent.mkdir(parents=True, exist_ok=True)
                if content.startswith(LINK):
                    place.symlink_to(content[len(LINK):].decode())
                else:
                    # Each side is an application of its own, so that no policy of one covers the other.
                    place.write_bytes(content.replace(APP.encode(), f"{self.name}-{side}".encode()))

    def applies(self, tool):
        names = [Path(path).name for path in self.bad]
        if tool == "buckler" or tool in self.readers:
            return True
        if tool == "bandit":
            return any(name.endswith(".py") for name in names)
        if tool == "checkov":
            manifests = any(b"apiVersion:" in content for content in self.bad.values())
            return self.secret or manifests or any(name.startswith("Dockerfile") for name in names)
        return False
