# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What "dmamem compare" found, as Markdown."""

import rows


def _line(cells):
    return "| " + " | ".join(cells) + " |\n"


def _text(cell):
    """A number that is bad is in bold; what has none is a dash."""
    if cell["moved"] is None:
        return "-"
    text = str(cell["moved"])
    if cell["of"] < 100:
        text += f" of {cell['of']}"
    return f"**{text}**" if cell["moved"] else text


def stability(run):
    """Pages that moved; lines of a mode that are the same become one."""
    section = run["stability"]
    names = [one["name"] for one in section["disturbances"]]
    found = {(c["mode"], c["memory"], c["disturbance"]): c
             for c in section["cells"]}
    lines = {}
    for mode, memory in rows.unique((c["mode"], c["memory"])
                                    for c in section["cells"]):
        cells = [found[mode, memory, name] for name in names]
        if any(c["moved"] is not None for c in cells):
            lines.setdefault((mode, *map(_text, cells)), []).append(memory)
    text = _line(["mode", "memory", *names])
    text += "|" + "---|" * 2 + "--:|" * len(names) + "\n"
    for (mode, *cells), kinds in lines.items():
        text += _line([mode, ", ".join(kinds), *cells])
    return text
