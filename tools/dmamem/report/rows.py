# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What "dmamem compare" found, as tables: a header and rows of cells."""

import dataclasses

GIB = 1 << 30
PAGES_PER_GIB = GIB // 4096
NO_NUMBER = "n/a"
CONTROL = "unregistered"


@dataclasses.dataclass
class Cell:
    """A cell of a table, and how it is to look."""
    text: str
    look: str = ""              # "name", "number", "moved", "stayed", "na"...
    hint: str = ""              # shown when somebody points at it


@dataclasses.dataclass
class Table:
    """A table."""
    header: list
    rows: list
    notes: list = dataclasses.field(default_factory=list)


def unique(values):
    """The values, each once, in the order in which they come."""
    return list(dict.fromkeys(values))


def size(number):
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            return f"{number:.4g} {unit}"
        number /= 1024
    raise ValueError(number)


def figure(number):
    """Three digits at least, and no more decimals than it takes for them."""
    decimals = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{decimals}f}"


def spread(series, scale=1.0):
    """Median (least..most)"""
    median, least, most = (figure(series[key] / scale)
                           for key in ("median", "least", "most"))
    return Cell(f"{median} ({least}..{most})", "number",
                f"{series['rounds']} rounds")


def no_number(why, table):
    """A cell without a number; the reason becomes a note of the table."""
    if why not in table.notes:
        table.notes.append(why)
    return Cell(f"{NO_NUMBER} {table.notes.index(why) + 1}", "na", why)


def titles(run):
    """What to call a run, in a line."""
    machine = run["machine"]
    iommu = ("no IOMMU" if not machine["iommu"] else
             "an IOMMU that lets every address through (identity)"
             if machine["identity"] else "an IOMMU that translates")
    clock = ("instructions counted" if instructions(run)
             else "times measured")
    return f"{iommu[0].upper()}{iommu[1:]}; {clock}"


def instructions(run):
    """Does the clock count instructions?"""
    return any(run.get(section, {}).get("unit") == "instructions"
               for section in ("cost", "lookup"))


def setup(run):
    """What each mode takes."""
    table = Table(["mode", "what it is", "capability", "RLIMIT_MEMLOCK",
                   "reserved beforehand", "device bound to",
                   "needed at boot", "addresses here"], [])
    for row in run["setup"]:
        cells = [Cell(row["mode"], "name"), Cell(row["title"])]
        if not row["works"]:
            cells += [no_number(row["why"], table)] * 2
        elif row["capability"] is None:
            cells += [no_number("it could not be tried", table)] * 2
        else:
            cells += [Cell(row["capability"]),
                      Cell("counts" if row["memlock"] else "does not count")]
        cells += [Cell(row["reserved"]), Cell(row["driver"] or "-"),
                  Cell(row["boot"]), Cell(row.get("addresses", "-"))]
        table.rows.append(cells)
    return table


def silent(section):
    """Where 0 says nothing of a mode: what does not move the control either."""
    return {(c["memory"], c["disturbance"]) for c in section["cells"]
            if c["mode"] == CONTROL and not c["moved"]
            and c["disturbance"] != section["disturbances"][0]["name"]}


def stability_text(cell):
    """Pages that moved, of how many if these are few."""
    text = str(cell["moved"])
    return f"{text} of {cell['of']}" if cell["of"] < 100 else text


def stability_cell(cell, says_nothing, table):
    """Pages that moved."""
    if cell["moved"] is None:
        return no_number(cell["why"], table)
    if cell["moved"]:
        look, hint = "moved", cell["kernel"]
    elif (cell["memory"], cell["disturbance"]) in says_nothing:
        look, hint = "silent", "nor does the control move"
    else:
        look, hint = "stayed", cell["kernel"]
    return Cell(stability_text(cell), look, hint)


def stability(run):
    """Pages that moved, per mode and memory and disturbance."""
    section = run["stability"]
    names = [one["name"] for one in section["disturbances"]]
    table = Table(["mode", "memory", *names], [])
    cells = {(c["mode"], c["memory"], c["disturbance"]): c
             for c in section["cells"]}
    says_nothing = silent(section)
    for mode, kind in unique((c["mode"], c["memory"])
                             for c in section["cells"]):
        table.rows.append([Cell(mode, "name"), Cell(kind, "name")] + [
            stability_cell(cells[mode, kind, name], says_nothing, table)
            for name in names])
    return table


def cost_scale(run):
    """What costs per GiB are divided by, and the unit that makes."""
    if run["cost"]["unit"] == "instructions":
        return PAGES_PER_GIB, "instructions per 4 KiB page"
    return 1e6, "ms per GiB"


def cost(run):
    """Registration and release."""
    scale, _ = cost_scale(run)
    rows = {(r["mode"], r["memory"], r.get("state")): r
            for r in run["cost"]["rows"]}
    table = Table(["mode", "memory", "register, cold", "register, warm",
                   "release, cold", "release, warm"], [])
    for mode, memory in unique(key[:2] for key in rows):
        cells = [Cell(mode, "name"), Cell(memory, "name")]
        for step in ("register", "release"):
            for state in ("cold", "warm"):
                row = rows.get((mode, memory, state)) or rows[
                    mode, memory, None]
                cells.append(spread(row[step], scale) if step in row
                             else no_number(row["why"], table))
        table.rows.append(cells)
    return table


def classes(row):
    """Runs of a row by length: (bytes at least, how many)."""
    return [(4096 << i, number)
            for i, number in enumerate(row["runs"]["classes"])]


def runs(run):
    """Runs by length."""
    rows = [r for r in run["cost"]["rows"] if "runs" in r]
    used = [low for low, _ in classes(rows[0])] if rows else []
    used = [low for low in used
            if any(dict(classes(r))[low] for r in rows)]
    table = Table(["mode", "memory", "runs", "longest",
                   *(size(low).replace("iB", "").replace(" ", "")
                     for low in used)], [])
    for row in rows:
        counts = dict(classes(row))
        table.rows.append(
            [Cell(row["mode"], "name"), Cell(row["memory"], "name"),
             Cell(str(row["runs"]["number"]), "number"),
             Cell(size(row["runs"]["longest"]), "number")] +
            [Cell(str(counts[low]), "number") for low in used])
    return table


def memory(run):
    """Memory taken."""
    table = Table(["mode", "memory", "KiB"], [])
    for row in run["memory"]["rows"]:
        table.rows.append([Cell(row["mode"], "name"),
                           Cell(row["memory"], "name"),
                           no_number(row["why"], table) if "why" in row
                           else spread(row, 1024)])
    return table


def lookup(run):
    """Translation and PRP lists."""
    rows = run["lookup"]["rows"]
    calls = unique(r["what"] for r in rows if "what" in r)
    found = {(r["mode"], r["memory"], r.get("what")): r for r in rows}
    table = Table(["mode", "memory", *calls], [])
    for mode, kind in unique((r["mode"], r["memory"]) for r in rows):
        why = found.get((mode, kind, None))
        table.rows.append([Cell(mode, "name"), Cell(kind, "name")] + [
            no_number(why["why"], table) if why
            else spread(found[mode, kind, call]) for call in calls])
    return table


def nvme(run):
    """Latency and throughput."""
    table = Table(["mode", "memory", "size", "in flight", "median, us",
                   "99 %, us", "MB/s", "thousand commands/s"], [])
    for row in run["nvme"].get("rows", []):
        cells = [Cell(row["mode"], "name"), Cell(row["memory"], "name"),
                 Cell(size(row["size"]), "number"),
                 Cell(str(row["depth"]), "number")]
        if "iops" in row:
            cells += [spread(row["latency_ns"], 1e3),
                      spread(row["latency99_ns"], 1e3),
                      spread(row["iops"], 1e6 / row["size"]),
                      spread(row["iops"], 1e3)]
        else:
            cells += [no_number(row["why"], table)] * 4
        table.rows.append(cells)
    return table


def percent(part, whole, table):
    """A share."""
    if not whole:
        return no_number("nothing was wanted", table)
    return Cell(f"{100 * part / whole:.0f} %", "number")


def fragmented(run):
    """What can be had of memory in pieces."""
    section = run["fragmented"]
    table = Table(["mode", "registered", "of what was wanted", "runs",
                   "longest", ""], [])
    for row in section.get("rows", []):
        if row["registered"] is None:
            table.rows.append([Cell(row["mode"], "name")] +
                              [no_number(row["why"], table)] * 4 + [Cell("")])
            continue
        table.rows.append([
            Cell(row["mode"], "name"), Cell(size(row["registered"]), "number"),
            percent(row["registered"], section["wanted"], table),
            Cell(str(row.get("runs", "-")), "number"),
            Cell(size(row["longest"]) if "longest" in row else "-", "number"),
            Cell(row["why"])])
    return table
