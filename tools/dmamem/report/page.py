# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What "dmamem compare" found, as one HTML page that needs nothing else."""

import html
import shlex

import plots
import rows

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 sans-serif; color: #1a1a1a; background: white;
       max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem;
     border-bottom: 1px solid #999; } h3 { font-size: 1.05rem; }
p, li { max-width: 46rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12.5px; margin: 1rem 0; }
th, td { padding: 2px 8px; text-align: left; vertical-align: top;
         border-bottom: 1px solid #ddd; }
th { border-bottom: 1px solid #666; }
td.number { text-align: right; font-variant-numeric: tabular-nums;
            white-space: nowrap; }
td.moved { background: #f6d2bd; } td.stayed { background: #e8eef2; }
td.moved, td.stayed, td.silent { text-align: right; white-space: nowrap; }
td.na, td.silent { color: #777; }
td.name { white-space: nowrap; }
svg { max-width: 100%; height: auto; }
.note { background: #f7f3e6; border-left: 4px solid #e69f00;
        padding: 0.5rem 1rem; }
code { font-size: 13px; }
dt { font-weight: bold; float: left; clear: left; width: 9rem; }
dd { margin-left: 9.5rem; }
"""

EMULATED = """
<div class="note"><p>The processor of this machine is emulated by software.</p>
<ul>
<li>Counts are exact: pages that moved, runs, bytes, pages that could be
had.</li>
<li>Instructions, where a run counts them, are exact, too. They say nothing of
what an instruction waits for: caches, TLB misses and atomic operations are
free in such a guest.</li>
<li>Times are those of the emulation. Ratios between modes that do much the same
(two ways to pin, say) carry over roughly; what a real IOMMU, a real disk and
real caches cost does not show at all. The NVMe disk is emulated as well: its
figures show that each mode drives it, and how long lists of addresses make the
emulation work, not how fast a disk is.</li>
<li>Spreads also show what else the host was doing.</li>
</ul></div>
"""

SECTIONS = [
    ("setup", "What each mode takes", rows.setup, None, """
The capability is what the kernel asked for when all others had been given up,
files being opened as the same user. RLIMIT_MEMLOCK counts if a process without
CAP_IPC_LOCK cannot register more."""),
    ("stability", "Do the addresses hold?", rows.stability, None, """
Memory of {pages} pages is registered, then disturbed; the figures are pages. A
page that is at another physical address afterwards has moved: a device that was
given the old one reads or overwrites whatever is there now. <em>Unregistered
</em> memory is the control. Where the kernel refuses even that, there is no
number; where it shows 0, the kernel does not move this kind of memory in this
way, and the zeros of the modes, in grey, say nothing. Soft offline: of as many
pages as were asked for. Behind an IOMMU, too, it is the physical page that
counts: the device goes on reaching the one that was registered."""),
    ("cost", "Registration and release", rows.cost, plots.cost, """
Per GiB, measured with {bytes}. Warm memory has its pages; cold memory was never
touched, so that finding and clearing pages is part of it (and mostly it).
Hugepage and mlock mode read /proc/self/pagemap in bulk. Median (least..most);
bars are medians, whiskers the spread; the scale is logarithmic."""),
    ("cost", "Runs", rows.runs, plots.runs, """
Of what {bytes} of registered memory consist for the device: a run is
consecutive. The last columns say how many have that length or more, but less
than twice that."""),
    ("memory", "Memory taken", rows.memory, None, """
What kernel and process take together beside {bytes} of registered memory, from
before the mode is opened: the difference in free memory, in which is also what
others take or give meanwhile. The library pins tables 2 MiB at a time; that is
most of it for 4 KiB pages."""),
    ("lookup", "An address, and PRP lists", rows.lookup, plots.lookup, """
All modes use the library's table here, mlock mode a map of its own; what
differs is how the memory lies. A PRP list of scattered registered memory need
not be written at all where the table is registered, too."""),
    ("nvme", "NVMe", rows.nvme, plots.nvme, """
Random reads by the same driver (tools/nvme), the modes taking turns. Each uses
the memory that it is for: hugetlb pages in hugepage mode, 4 KiB pages in the
others."""),
    ("fragmented", "Fragmented memory", rows.fragmented, plots.fragmented, """
One page of 4 KiB is held in nearly each 2 MiB ({held} pages in all), as kernel
allocations do on a machine that has run for long. {free} are free. Then
{wanted} are wanted: as hugetlb pages in hugepage mode, as ordinary memory in
the others."""),
]


def _cell(cell):
    attributes = f' class="{cell.look}"' if cell.look else ""
    if cell.hint:
        attributes += f' title="{html.escape(cell.hint)}"'
    return f"<td{attributes}>{html.escape(cell.text)}</td>"


def _table(table):
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.header)
    body = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>"
                     for row in table.rows)
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in table.notes)
    if notes:
        notes = f"<p>{rows.NO_NUMBER}:</p><ol>{notes}</ol>"
    return (f'<div class="table"><table><thead><tr>{head}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>{notes}")


def _words(section):
    """What the text of a section may name, as HTML."""
    return {key: html.escape(rows.size(value)
                             if key in ("bytes", "free", "wanted")
                             else str(value))
            for key, value in section.items() if isinstance(value, (int, str))}


def _section(run, name, title, to_table, to_plot, text):
    section = run.get(name)
    if section is None:
        return ""
    if isinstance(section, dict) and section.get("why"):
        return (f"<h3>{title}</h3><p>{rows.NO_NUMBER}: "
                f"{html.escape(section['why'])}</p>")
    if isinstance(section, dict):
        text = text.format(**_words(section))
    plot = to_plot(run) if to_plot else ""
    return f"<h3>{title}</h3><p>{text}</p>{_strip(plot)}{_table(to_table(run))}"


def _strip(svg):
    """Without what an SVG file has before its first element."""
    return svg[svg.index("<svg"):] if svg else ""


def _machine(run):
    machine = run["machine"]
    facts = [
        ("Machine", f"{machine['processor']}, {machine['processors']} "
         f"processors, {rows.size(machine['memory'])}, {machine['nodes']} "
         f"NUMA nodes, swap {rows.size(machine['swap'])}"),
        ("Kernel", f"{machine['kernel']} {machine['kernel_version']}, "
         f"{machine['architecture']} {machine['distribution']}"),
        ("Command line", machine["command_line"]),
        ("IOMMU", machine["iommu"] or "none"),
        ("dmamem", machine["dmamem"] +
         (f", module {machine['module']}" if machine["module"] else "")),
        ("Date", machine["date"]),
        ("Command", f"{run['command'][0]} {shlex.join(run['command'][1:])}"),
    ]
    if run.get("why"):
        facts.append(("Not all", run["why"]))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>"
                            for name, text in facts) + "</dl>"


def _run(run, number, many):
    title = rows.titles(run)
    heading = f"Run {number}: {title}" if many else title
    return (f"<h2>{html.escape(heading)}</h2>{_machine(run)}" +
            "".join(_section(run, *section) for section in SECTIONS))


def page(runs):
    """The page for one run, or for several."""
    emulated = any(run["machine"]["emulated"] for run in runs)
    body = "\n".join(_run(run, number, len(runs) > 1)
                     for number, run in enumerate(runs, 1))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ways to get DMA addresses, compared</title>
<style>{STYLE}</style></head><body>
<h1>Ways to get DMA addresses, compared</h1>
<p>A driver in user space must know where its memory is for the device, and the
memory must stay there. Measured by <code>dmamem compare</code>:</p>
<ul>
<li><b>hugepage</b>: hugetlb pages, addresses from /proc/self/pagemap</li>
<li><b>mlock</b>: any memory, locked, addresses from /proc/self/pagemap</li>
<li><b>physical</b>: any memory, pinned by dmamem.ko, physical addresses</li>
<li><b>device node</b>: any memory, pinned by dmamem.ko for one PCI function,
addresses from the kernel's DMA API</li>
<li><b>VFIO</b>: any memory, pinned and mapped by vfio-pci in an IOMMU</li>
</ul>
{EMULATED if emulated else ""}
{body}
</body></html>
"""
