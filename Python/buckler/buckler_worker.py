# SPDX-License-Identifier: Apache-2.0
"""Entry of a worker that serves a Python model: python3 -I -B buckler_worker.py, with the channel at descriptor 20."""
import os
import sys

# Isolated interpreters do not look beside the script. The place is taken away again: user code is to find
# triton_python_backend_utils and nothing else of this.
_here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, _here)
import triton_python_backend_utils  # noqa: E402, F401
from buckler_runtime.worker import main  # noqa: E402

sys.path.remove(_here)

if __name__ == "__main__":
    main()
