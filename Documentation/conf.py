# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Sphinx: the guide in HTML, and every page of man/ as a manual page too."""

import itertools
import os
import pathlib
import re
import sys

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

DOCS = pathlib.Path(__file__).resolve().parent
KERNEL = pathlib.Path(os.environ["KERNEL_PARTS"])

logger = logging.getLogger(__name__)
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
# system and our opaque ones
nitpicky = True
nitpick_ignore_regex = [
    ("c:identifier", r"u?int\d+_t|size_t|iovec|__u\d+|__aligned_u64"),
    ("c:identifier", "dmamem_context|dmamem_map|dmamem_notify"),
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


# What the library's headers document: name and whether it is a function
DOCUMENTED = {
    name: bool(call)
    for header in DOCS.parent.glob("include/dmamem/*.h")
    for name, call in re.findall(
        r"^ \* (?:struct |enum )?(dmamem_\w+)(\(\))? - ",
        header.read_text(), re.MULTILINE)}


def identifiers(path):
    """What a page draws in from the headers."""
    return " ".join(re.findall(r":identifiers:((?:\s+dmamem_\w+)+)",
                               path.read_text())).split()


def man_page(path):
    """The entries of one page: itself, and each function it describes.

    The title is "name(section) -- what it does".
    """
    name, section, brief = re.search(
        r"^([\w-]+)\((\d)\) -- (.*)$", path.read_text(), re.MULTILINE).groups()
    names = [name] + [i for i in identifiers(path) if DOCUMENTED.get(i)]
    page = "man/" + path.stem
    return [(page, n, brief, "", int(section)) for n in dict.fromkeys(names)]


PAGES = sorted(DOCS.glob("man/*.rst"))
man_pages = [entry for page in PAGES for entry in man_page(page)]


def check_complete(_app):
    """Everything that the headers document is on a page."""
    shown = {name for page in PAGES for name in identifiers(page)}
    for name in sorted(DOCUMENTED.keys() - shown):
        logger.warning("%s is on no page of man/", name)


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


def list_errors(_app, doctree):
    """Make "-EINVAL (why), -ENOMEM (why)" a list with an item for each."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if len(re.findall(r"-E[A-Z0-9]+\s\(", paragraph.astext())) < 2:
            continue
        items = [nodes.paragraph()]
        for child in paragraph.children:
            parts = [child]
            if isinstance(child, nodes.Text):
                parts = map(nodes.Text, re.split(r"\s+(?=-E[A-Z])", child))
            for number, part in enumerate(parts):
                if number:
                    items.append(nodes.paragraph())
                items[-1] += part.deepcopy()
        paragraph.replace_self([items[0], nodes.bullet_list(
            "", *(nodes.list_item("", item) for item in items[1:]))])


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
    app.connect("builder-inited", check_complete)
    app.connect("doctree-read", indent_descriptions)
    app.connect("doctree-read", list_errors)
    app.connect("doctree-read", link_man_pages)
