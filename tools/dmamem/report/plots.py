# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What "dmamem compare" found, as pictures: SVG, text kept as text."""

import io
import itertools

import matplotlib
from matplotlib import figure as mpl
from matplotlib import patches
from matplotlib import ticker

import rows

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.fonttype": "none", "text.parse_math": False,
    "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False,
    "axes.axisbelow": True, "legend.frameon": False})

# The palette of Okabe and Ito, which those who see few colours can tell apart
COLOURS = {"unregistered": "#999999", "hugepage": "#e69f00",
           "mlock": "#cc79a7", "physical": "#0072b2",
           "device node": "#56b4e9", "VFIO": "#009e73"}
MOVED, STAYED, UNKNOWN = "#d55e00", "#e8eef2", "#ffffff"
WIDTH = 9.0
_NUMBERS = itertools.count()


def svg(figure):
    """A figure as text; no two share an id, nor name the time of day."""
    matplotlib.rcParams["svg.hashsalt"] = f"dmamem{next(_NUMBERS)}"
    stream = io.StringIO()
    figure.savefig(stream, format="svg", bbox_inches="tight",
                   metadata={"Date": None})
    return stream.getvalue()


def _figure(height, columns=1):
    figure = mpl.Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _whiskers(series, scale):
    """Medians, and how far least and most are from them."""
    medians = [s["median"] / scale for s in series]
    return medians, [
        [m - s["least"] / scale for m, s in zip(medians, series)],
        [s["most"] / scale - m for m, s in zip(medians, series)]]


def _legend(figure, modes):
    figure.legend(handles=[patches.Patch(color=COLOURS[m], label=m)
                           for m in modes],
                  loc="upper center", bbox_to_anchor=(0.5, 0),
                  ncol=len(modes))


def _grouped(axes, groups, modes, find, scale):
    """Bars: a group of modes for each of groups, with whiskers."""
    width = 0.8 / len(modes)
    for i, mode in enumerate(modes):
        at, series = [], []
        for j, group in enumerate(groups):
            found = find(mode, group)
            if found:
                at.append(j + (i - (len(modes) - 1) / 2) * width)
                series.append(found)
        medians, errors = _whiskers(series, scale)
        axes.barh(at, medians, width, xerr=errors, color=COLOURS[mode],
                  error_kw={"lw": 0.8, "capsize": 1.5})
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.grid(axis="x", lw=0.4, alpha=0.5)


def stability(run):
    """A square for each experiment: how much of the memory moved."""
    section = run["stability"]
    names = [one["name"] for one in section["disturbances"]]
    cells = section["cells"]
    lines = rows.unique((c["mode"], c["memory"]) for c in cells)
    lines = [line for line in lines if any(
        c["moved"] is not None for c in cells
        if (c["mode"], c["memory"]) == line)]
    figure, (axes,) = _figure(0.24 * len(lines) + 1.2)
    says_nothing = rows.silent(section)
    for cell in cells:
        if (cell["mode"], cell["memory"]) not in lines:
            continue
        x = names.index(cell["disturbance"])
        y = lines.index((cell["mode"], cell["memory"]))
        _square(axes, x, y, cell,
                (cell["memory"], cell["disturbance"]) in says_nothing)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), [_two_lines(n) for n in names])
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(lines)), [f"{m}, {k}" for m, k in lines])
    axes.tick_params(length=0)
    for i in range(1, len(lines)):
        if lines[i][0] != lines[i - 1][0]:
            axes.axhline(i - 0.5, color="black", lw=0.8)
    axes.spines[:].set_visible(False)
    return svg(figure)


def _two_lines(name):
    """A long name broken where it can be."""
    for mark in ("_", ", ", " "):
        if mark in name:
            return name.replace(mark, mark.strip() + "\n", 1)
    return name


def _square(axes, x, y, cell, says_nothing):
    if cell["moved"] is None:
        colour, text = UNKNOWN, rows.NO_NUMBER
    else:
        colour = (MOVED if cell["moved"] else
                  UNKNOWN if says_nothing else STAYED)
        text = rows.stability_text(cell)
    axes.add_patch(patches.Rectangle((x - 0.48, y - 0.46), 0.96, 0.92,
                                     color=colour, lw=0))
    axes.text(x, y, text, ha="center", va="center", size=8,
              color="white" if colour == MOVED else
              "#999999" if colour == UNKNOWN else "black")


def cost(run, steps=(("register", "cold"), ("register", "warm"),
                     ("release", "warm"))):
    """Registration and release, a panel for each step."""
    scale, unit = rows.cost_scale(run)
    found = {(r["mode"], r["memory"], r["state"]): r
             for r in run["cost"]["rows"] if "register" in r}
    if not found:
        return ""
    kinds = rows.unique(key[1] for key in sorted(
        found, key=lambda key: _order(run, key[1])))
    modes = [m for m in COLOURS if any(key[0] == m for key in found)]
    figure, panels = _figure(0.85 * len(kinds) + 1.2, len(steps))
    for axes, (step, state) in zip(panels, steps):
        _grouped(axes, kinds, modes, lambda mode, kind, step=step,
                 state=state: found.get((mode, kind, state), {}).get(step),
                 scale)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        axes.set_title(f"{step}, {state}", size=9)
        axes.set_xlabel(unit)
        if axes is not panels[0]:
            axes.set_yticklabels([])
    _legend(figure, modes)
    return svg(figure)


def _order(run, kind):
    """4 KiB, THP, hugetlb, memfd: as the mode lists them that takes all."""
    kinds = rows.unique(r["memory"] for r in run["cost"]["rows"]
                        if r["mode"] != "hugepage")
    return kinds.index(kind) if kind in kinds else len(kinds)


def runs(run):
    """Of which lengths the runs are."""
    found = [r for r in run["cost"]["rows"] if "runs" in r]
    if not found:
        return ""
    lines = [f"{r['mode']}, {r['memory']}" for r in found]
    used = [low for low, _ in rows.classes(found[0])
            if any(dict(rows.classes(r))[low] for r in found)]
    colours = matplotlib.colormaps["viridis_r"]
    figure, (axes,) = _figure(0.2 * len(lines) + 1.2)
    left = [0.0] * len(found)
    for i, low in enumerate(used):
        share = [dict(rows.classes(r))[low] / r["runs"]["number"] * 100
                 for r in found]
        axes.barh(range(len(found)), share, 0.8, left=left,
                  color=colours(i / max(len(used) - 1, 1)),
                  label=rows.size(low))
        left = [a + b for a, b in zip(left, share)]
    for y, row in enumerate(found):
        axes.text(101, y, str(row["runs"]["number"]), va="center", size=8)
    axes.set_yticks(range(len(lines)), lines, size=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 108)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("% of the runs; at the end of the bar, how many there are")
    figure.legend(title="run of at least", loc="upper left",
                  bbox_to_anchor=(1, 1))
    return svg(figure)


def lookup(run):
    """Translation and PRP lists, per call."""
    unit = run["lookup"]["unit"]
    found = {(r["mode"], r["memory"], r["what"]): r
             for r in run["lookup"]["rows"] if "what" in r}
    if not found:
        return ""
    calls = rows.unique(key[2] for key in found)
    kinds = rows.unique(key[1] for key in sorted(
        found, key=lambda key: key[1] != "4 KiB"))
    modes = [m for m in COLOURS if any(key[0] == m for key in found)]
    figure, panels = _figure(0.8 * len(kinds) + 1.2, len(calls))
    for axes, what in zip(panels, calls):
        _grouped(axes, kinds, modes, lambda mode, kind, what=what:
                 found.get((mode, kind, what)), 1)
        axes.set_title(what, size=9)
        axes.set_xlabel(f"{unit} per call")
        axes.set_xlim(0, 1.1 * max(r["median"] for key, r in found.items()
                                   if key[2] == what))
        if axes is not panels[0]:
            axes.set_yticklabels([])
    _legend(figure, modes)
    return svg(figure)


def nvme(run):
    """Throughput and latency by size of a command."""
    found = [r for r in run["nvme"].get("rows", []) if "iops" in r]
    if not found:
        return ""
    modes = rows.unique(r["mode"] for r in found)
    depths = rows.unique(r["depth"] for r in found)
    figure, panels = _figure(3.4, 2)
    for mode in modes:
        single = [r for r in found
                  if (r["mode"], r["depth"]) == (mode, depths[0])]
        many = [r for r in found
                if (r["mode"], r["depth"]) == (mode, depths[-1])]
        _line(panels[0], mode, single,
              [_scaled(r["latency_ns"], 1e3) for r in single])
        _line(panels[1], mode, many,
              [_scaled(r["iops"], 1e6 / r["size"]) for r in many])
    panels[0].set_ylabel(f"median latency, us, {depths[0]} in flight")
    panels[1].set_ylabel(f"MB/s, {depths[-1]} in flight")
    _legend(figure, modes)
    return svg(figure)


def _scaled(series, scale):
    return {key: series[key] / scale for key in ("median", "least", "most")}


def _line(axes, mode, found, series):
    sizes = [r["size"] for r in found]
    axes.plot(sizes, [s["median"] for s in series], marker="o", ms=3, lw=1.2,
              color=COLOURS[mode])
    axes.fill_between(sizes, [s["least"] for s in series],
                      [s["most"] for s in series], color=COLOURS[mode],
                      alpha=0.12, lw=0)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [rows.size(s) for s in sizes])
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 3)))
    axes.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    axes.minorticks_off()
    axes.grid(lw=0.4, alpha=0.5)


def fragmented(run):
    """How much of what was wanted could be registered."""
    section = run["fragmented"]
    found = [r for r in section.get("rows", []) if r["registered"] is not None]
    if not found or not section["wanted"]:
        return ""
    figure, (axes,) = _figure(0.3 * len(found) + 0.9)
    shares = [100 * r["registered"] / section["wanted"] for r in found]
    axes.barh([r["mode"] for r in found], shares, 0.7,
              color=[COLOURS[r["mode"]] for r in found])
    for y, (row, share) in enumerate(zip(found, shares)):
        axes.text(share + 1, y, rows.size(row["registered"]), va="center",
                  size=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel(f"% of {rows.size(section['wanted'])} registered, "
                    f"while {rows.size(section['free'])} were free")
    return svg(figure)
