# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of a source, by what they leave of a text."""
import re

#: A class of characters that are taken out because they are not among those that it names.
NEGATED = re.compile(r"\[\^(?:[^\]\\]|\\.){1,200}\]\+?")


def leaves_words(base, name, arguments):
    """Whether `re.sub("[^a-z]", "", text)`, or that of a compiled one, leaves neither separators nor points."""
    if name == "re.compile().sub":
        arguments = [*(base.call or [])[:1], *arguments]
    elif name != "re.sub":
        return False
    # A number that comes fourth says how many are taken out.
    if [keyword for keyword, _ in arguments if keyword != "flags"] != [None] * 3:
        return False
    pattern, filling = arguments[0][1].text, arguments[1][1].text
    return pattern is not None and filling is not None and not set("/.\\") & set(filling) and takes_out(pattern)


def takes_out(pattern):
    if not NEGATED.fullmatch(pattern):
        return False
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return all(compiled.fullmatch(part) for part in "/.")
