"""Settings of the site that `make site` builds from README.md, docs/*.md and the notebooks as they are stored.

Nothing is executed, and no page fetches anything. The course's pages link to each other; what is no page of the site,
such as a helper, a data set or a lesson that is not built yet, is linked where the course is published.
"""

import json
import os
import pathlib
import re
import shutil
import tomllib
from base64 import b64decode
from hashlib import sha256

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADDRESS, TAG = PROJECT["tool"]["course"]["address"], f"v{PROJECT['project']['version']}"
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = NOTEBOOKS / "solutions"
REMOTE_PICTURE = re.compile(r"!\[([^\]]*)\]\(https?:[^)]*\)")
LINK = re.compile(r"\]\((?![a-z]+:)(?P<path>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")

project = re.search(r"^# (.+)$", README, re.M)[1]
version = release = PROJECT["project"]["version"]
extensions = ["myst_nb"]
root_doc = "README"
include_patterns = [
    "README.md",
    "docs/*.md",
    "notebooks/[0-9]*.ipynb",
    "notebooks/labs/*.ipynb",
    "notebooks/solutions/**.ipynb",
]
exclude_patterns = [".venv*", ".git", "build", "data", "helpers", "results", "site", "tests", "notebooks/source"]
suppress_warnings = ["myst.header"]  # the glossary's terms are small headings below its title

nb_execution_mode = "off"
nb_ipywidgets_js = {}  # widgets are stored as pictures; the default would load scripts from another host
nb_render_markdown_format = "gfm"
myst_heading_anchors = 4

html_theme = "furo"
html_title = project
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = html_show_copyright = False
html_use_index = False
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "source_view_link": f"{ADDRESS}/blob/{TAG}/{{filename}}",
    "top_of_page_buttons": ["view"],  # no "edit": notebooks are built
}

alternative_texts: dict[str, str] = {}  # of stored pictures, by the hash that myst-nb names their files by


def published(path: pathlib.Path) -> str:
    """Return where a file or folder of the course is published."""
    kind = "tree" if path.is_dir() else "blob"
    return f"{ADDRESS}/{kind}/{TAG}/{path.relative_to(ROOT).as_posix()}"


def is_to_come(path: pathlib.Path) -> bool:
    """Return whether a path is that of a notebook that has a source and is not built yet."""
    source = NOTEBOOKS / "source" / os.path.relpath(path, NOTEBOOKS)
    return path.suffix == ".ipynb" and not path.exists() and source.with_suffix(".py").exists()


def with_links(text: str, folder: pathlib.Path, pages: set[pathlib.Path]) -> str:
    """Return Markdown whose links, written in `folder`, lead to pages of the site, or to where the course is published.

    A link that leads nowhere stays as it is, so that Sphinx reports it.
    """

    def lead(link: re.Match) -> str:
        # JupyterLab keeps capitals and punctuation in an anchor, GitHub and the site do not
        anchor = re.sub(r"[^\w#-]", "", (link["anchor"] or "").lower())
        if not link["path"]:
            return f"]({anchor})"
        path = pathlib.Path(os.path.normpath(folder / link["path"]))
        if path in pages or (path.suffix == ".png" and path.exists()):  # a picture belongs to its page
            return f"](/{path.relative_to(ROOT).as_posix()}{anchor})"
        return f"]({published(path)}{anchor})" if path.exists() or is_to_come(path) else link[0]

    return LINK.sub(lead, REMOTE_PICTURE.sub(r"\1", text))


def contents(pages: set[pathlib.Path]) -> str:
    """Return the site's table of contents: lessons and labs in README's order and words, then the other pages."""
    listed = re.findall(r"\[([^]]+)\]\((notebooks/[\w/]+\.ipynb)\)", README)
    there = [(words, path) for words, path in listed if ROOT / path in pages]
    groups = {
        "Lessons": [f"{words} </{path}>" for words, path in there if "/labs/" not in path],
        "Labs": [f"{words[0].upper()}{words[1:]} </{path}>" for words, path in there if "/labs/" in path],
        "More": [f"/docs/{path.name}" for path in sorted(pages) if path.parent == ROOT / "docs"],
    }
    trees = (
        f"```{{toctree}}\n:hidden:\n:caption: {name}\n\n" + "\n".join(g) + "\n```" for name, g in groups.items() if g
    )
    return "\n\n".join(trees)


def adapt_notebook(text: str, path: pathlib.Path, pages: set[pathlib.Path]) -> str:
    """Return a stored notebook with links that work on the site, and one between a lesson and its solved copy."""
    notebook = json.loads(text)
    solved = SOLUTIONS in path.parents
    name = path.relative_to(SOLUTIONS if solved else NOTEBOOKS)
    other = (NOTEBOOKS if solved else SOLUTIONS) / name
    if solved:  # found from its lesson, not among the lessons
        notebook["metadata"] |= {"orphan": True, "nosearch": True}
    words = "This is the solved copy of this lesson" if solved else "This lesson with its exercises solved"
    for place, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            if place == 0 and other in pages:
                badges, _, rest = source.partition("\n")
                badges = badges.replace(") [", ") · [")
                source = f"{badges} · [{words}]({os.path.relpath(other, path.parent)})\n{rest}"
            cell["source"] = with_links(source, path.parent, pages)
        for output in cell.get("outputs", []):
            for picture in output.get("data", {}).keys() & {"image/png"}:
                digest = sha256(b64decode("".join(output["data"][picture]))).hexdigest()
                alternative_texts[digest] = output["metadata"].get(picture, {}).get("alt", "")
    return json.dumps(notebook)


def adapt(app, docname: str, content: list[str]) -> None:
    """Sphinx has read a page: make its links work on the site."""
    pages = {pathlib.Path(app.env.doc2path(name)) for name in app.env.found_docs}
    path = pathlib.Path(app.env.doc2path(docname))
    if path.suffix == ".ipynb":
        content[0] = adapt_notebook(content[0], path, pages)
    else:
        content[0] = with_links(content[0], path.parent, pages)
    if docname == root_doc:
        content[0] += "\n\n" + contents(pages)


def name_pictures(app, doctree) -> None:
    """Give stored pictures their alternative texts, which myst-nb leaves out."""
    for picture in doctree.findall(lambda node: node.tagname == "image"):
        picture.setdefault("alt", alternative_texts.get(pathlib.PurePath(picture["uri"]).stem, ""))


def keep_pictures_apart(app) -> None:
    """Let myst-nb unpack pictures beside the page trees, not beside the site."""
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(app.doctreedir / "notebooks"))


def write_front_page(app, error) -> None:
    """Let the address of the folder lead to the front page."""
    if not error:
        shutil.copy(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app) -> None:
    """Connect what stands above."""
    app.connect("builder-inited", keep_pictures_apart, priority=900)  # after myst-nb has made its settings
    app.connect("source-read", adapt)
    app.connect("doctree-read", name_pictures)
    app.connect("build-finished", write_front_page)
