# After ordinary scripts: a program is asked, its answer printed.
import json
import re
import subprocess
import sys
from pathlib import Path


def commits(directory: Path) -> list[str]:
    log = subprocess.run(["git", "-C", str(directory), "log", "--format=%h %s", "-n", "20"],
                         check=True, capture_output=True, text=True)
    return log.stdout.splitlines()


if __name__ == "__main__":
    fixes = [one for one in commits(Path(sys.argv[1])) if re.compile(r"\bfix", re.I).search(one)]
    json.dump(fixes, sys.stdout, indent=2)
