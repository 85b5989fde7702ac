# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Sphinx: the guide in HTML, and every page of man/ as a manual page too."""

import itertools
import os
import pathlib
import re
import sys

from docutils import nodes
from sphinx import addnodes

DOCS = pathlib.Path(__file__).resolve().parent
KERNEL = pathlib.Path(os.environ["KERNEL_PARTS"])

sys.path.insert(0, str(KERNEL / "Documentation/sphinx"))
sys.dont_write_bytecode = True

project = "dmamem"
author = "the dmamem authors"
version = release = os.environ["DMAMEM_VERSION"]
extensions = ["kerneldoc"]
exclude_patterns = ["static"]
kerneldoc_bin = str(KERNEL / "scripts/kernel-doc")
kerneldoc_srctree = str(DOCS.parent)

primary_domain = "c"
highlight_language = "none"
# A reference to what is not documented is an error, but for the types of the
# system and our two opaque ones
nitpicky = True
nitpick_ignore_regex = [
    ("c:identifier", r"u?int\d+_t|size_t|iovec|__u\d+|__aligned_u64"),
    ("c:identifier", "dmamem_context|dmamem_map"),
]

html_theme = "alabaster"
html_static_path = ["static"]
html_css_files = ["dmamem.css"]
html_theme_options = {
    "description": "Stable DMA addresses for ordinary memory",
    "fixed_sidebar": True,
    "page_width": "1100px",
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_copy_source = False
html_show_copyright = False


def man_page(path):
    """The entries of one page: itself, and each function it describes.

    The title is "name(section) -- what it does".
    """
    text = path.read_text()
    name, section, brief = re.search(
        r"^(\w+)\((\d)\) -- (.*)$", text, re.MULTILINE).groups()
    names = [name]
    if section == "3":
        for found in re.findall(r":identifiers:((?:\s+dmamem_\w+)+)", text):
            names += found.split()
    page = "man/" + path.stem
    return [(page, n, brief, "", int(section)) for n in dict.fromkeys(names)]


man_pages = [page for path in sorted(DOCS.glob("man/*.rst"))
             for page in man_page(path)]


def indent_descriptions(_app, doctree):
    """Put what kernel-doc says of a declaration below it, not beside it."""
    for desc in list(doctree.findall(addnodes.desc)):
        content = desc.children[-1]
        siblings = desc.parent.children
        rest = siblings[siblings.index(desc) + 1:]
        for node in itertools.takewhile(
                lambda n: not isinstance(n, (addnodes.index, addnodes.desc,
                                             nodes.section, nodes.target)),
                rest):
            desc.parent.remove(node)
            content.append(node)


def link_man_pages(_app, doctree):
    """Make references to our own manual pages links."""
    for node in list(doctree.findall(addnodes.manpage)):
        page = node.astext().replace("(", ".").rstrip(")")
        if (DOCS / "man" / f"{page}.rst").exists():
            link = addnodes.pending_xref(
                refdomain="std", reftype="doc", reftarget=f"/man/{page}",
                refexplicit=True, refwarn=True)
            node.replace_self(link)
            link += nodes.inline(text=node.astext())


def setup(app):
    app.connect("doctree-read", indent_descriptions)
    app.connect("doctree-read", link_man_pages)
