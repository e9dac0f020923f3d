"""Sphinx builds the site from the Markdown in this folder: `make docs`.

Every page is also plain Markdown that any viewer shows. Nothing is fetched when the site is built or read: no fonts,
no scripts and no mathematics from elsewhere (there are no formulas in TeX; `$` is a dollar sign here).
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Docstrings are read from this checkout, installed or not, and so do the notebooks' kernels import it.
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))

project = "Détente"
author = "The Détente authors"
copyright = author
# Only now is the checkout in place.
import model  # noqa: E402

release = model.__version__
version = release

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]

# --- Markdown and notebooks -----------------------------------------------------------------------
# Dollar signs stay dollar signs, and every heading down to the third can be linked to.
myst_enable_extensions: list[str] = []
myst_heading_anchors = 3
# Notebooks are kept without outputs, so that no number in them can be out of date; they are played when the site is
# built, and only again when they have changed.
nb_execution_mode = "cache"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

# --- Code -----------------------------------------------------------------------------------------
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
# Names of types as the code has them, instead of what NumPy makes of them.
autodoc_type_aliases = {"FloatArray": "FloatArray", "FloatLike": "FloatLike", "Matrix": "Matrix"}
python_maximum_signature_line_length = 88
add_module_names = False
# Sources are shown where things are defined, not once more for the front door.
viewcode_follow_imported_members = False

# --- HTML -----------------------------------------------------------------------------------------
html_theme = "furo"
html_title = f"Détente {release}"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False
templates_path: list[str] = []


# Words of the command line such as FILE:Class, which would be taken for addresses.
PLACEHOLDER = re.compile(r"(?<![\w`:])([A-Z]+:[A-Z]\w*)(?![\w`])")
# What begins a paragraph of its own in a docstring of the rules.
OPENERS = ("Returns ", "Limits: ", "Limit: ", "Source: ", "Sources: ", "Shapes: ", "Worked example")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", lay_out)


def lay_out(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Give every argument (``name: shape, unit, range``) and every error that is raised an item of its own."""
    try:
        known = set(inspect.signature(obj).parameters) if callable(obj) else set()
    except (TypeError, ValueError):
        known = set()
    laid: list[str] = []
    item, raising = "", False
    for line in (PLACEHOLDER.sub(r"``\1``", line) for line in lines):
        named = re.match(r"(\w+(?:, \w+)*): (.+)", line)
        error = re.match(r"    (\w+): (.+)", line) if raising else None
        if line == "Raises:":
            item, raising = "", True
        elif error:
            laid += ["", f":raises {error[1]}: {error[2]}"]
            item = "    "
        elif named and set(named[1].split(", ")) <= known:
            laid += [] if item else [""]
            laid.append(f"* {', '.join(f'``{one}``' for one in named[1].split(', '))}: {named[2]}")
            item = "  "
        elif line.startswith(OPENERS):
            laid += ["", line]
            item, raising = "", False
        elif item and line.strip():
            laid.append(f"{item}{line.strip()}")
        else:
            laid.append(line)
            item = ""
    lines[:] = [*laid, ""]
