# SPDX-License-Identifier: Apache-2.0
"""Reads Python sources and tells what they do, as facts for rules to judge.

Nothing of what it reads is run, imported or compiled to code: Python's own `ast` parses it, and a walk over the tree
follows names and values as far as that is certain.

In: for each source four bytes, big-endian, of its length, then its bytes. Out: for each source one line of JSON, in the
same order: its facts (facts.py), or {"error": why, "line": where}.
"""
