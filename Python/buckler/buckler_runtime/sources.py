# SPDX-License-Identifier: Apache-2.0
"""Imports from a model's directory: source alone, since only source was judged. Bytecode that lies beside it, in
__pycache__ or by itself, may be of another program."""
from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from types import CodeType


class SourceLoader(SourceFileLoader):
    """Compiles the source each time."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def read_sources_only(directory: str) -> None:
    """From now on modules beneath `directory` are imported from sources and libraries.

    The interpreter's own environment, which may lie there too, keeps its bytecode: nobody judges its sources either.
    """
    root = os.path.abspath(directory)
    own = os.path.abspath(sys.prefix)

    def finder(path: str) -> FileFinder:
        path = os.path.abspath(path)
        if not _is_beneath(path, root) or _is_beneath(path, own) or not os.path.isdir(path):
            raise ImportError("not a directory of the model", path=path)
        return FileFinder(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, finder)
    for path in [path for path in sys.path_importer_cache if _is_beneath(os.path.abspath(path), root)]:
        del sys.path_importer_cache[path]


def _is_beneath(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
