# SPDX-License-Identifier: Apache-2.0
"""Entry of the reader of Python sources: python3 -I -B buckler_read_sources.py [--channel N].

See buckler_audit."""
import os
import sys

# Isolated interpreters do not look beside the script.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from buckler_audit.reading import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1:])
