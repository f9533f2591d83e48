# SPDX-License-Identifier: Apache-2.0
"""Runs `buckler audit` and reads its JSON."""

import json
import subprocess
from dataclasses import dataclass

from conftest import BUCKLER


@dataclass
class Audit:
    status: int
    findings: list
    unreadable: list

    def rules(self, *severities):
        return {f["rule"] for f in self.findings if not severities or f["severity"] in severities}


def audit(*paths, options=(), cwd=None):
    """Audits `paths` and reads the report; fails if there is none."""
    command = [BUCKLER, "audit", "--format", "json", *options, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, check=False)
    assert done.returncode in (0, 1, 2) and done.stdout, done.stderr
    report = json.loads(done.stdout)
    return Audit(done.returncode, report["findings"], report["unreadable"])
