# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What "dmamem compare" found, as Markdown."""

import re

import rows


def _escape(text):
    """Text of the JSON: neither markup nor HTML, and in one line."""
    return re.sub(r"([\\`*\[\]|<>&])", r"\\\1", " ".join(text.split()))


def _line(cells):
    return "| " + " | ".join(cells) + " |\n"


def _text(cell, says_nothing):
    """
    A number that is bad is in bold, one that says nothing in brackets; what has
    none is a dash.
    """
    if cell["moved"] is None:
        return "-"
    text = _escape(rows.stability_text(cell))
    if cell["moved"]:
        return f"**{text}**"
    if (cell["memory"], cell["disturbance"]) in says_nothing:
        return f"({text})"
    return text


def _join(lines):
    """Lines of (key, name): names whose keys are the same, together."""
    joined = {}
    for key, name in lines:
        joined.setdefault(key, []).append(name)
    return [(", ".join(names), *key) for key, names in joined.items()]


def stability(run):
    """Pages that moved; modes that do not differ share a line."""
    section = run["stability"]
    names = [one["name"] for one in section["disturbances"]][1:]
    says_nothing = rows.silent(section)
    found = {(c["memory"], c["mode"], c["disturbance"]): c
             for c in section["cells"]}
    modes = rows.unique(c["mode"] for c in section["cells"])
    text = _line(["memory", "mode", *map(_escape, names)])
    text += "|" + "---|" * 2 + "--:|" * len(names) + "\n"
    for memory in rows.unique(c["memory"] for c in section["cells"]):
        lines = []
        for mode in modes:
            cells = [found[memory, mode, name] for name in names]
            if any(c["moved"] is not None for c in cells):
                lines.append((tuple(_text(c, says_nothing) for c in cells),
                              _escape(mode)))
        for mode, *cells in _join(lines):
            text += _line([_escape(memory), mode, *cells])
    return text
