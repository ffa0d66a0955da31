"""Why the module of an entry point cannot be imported: another package of its name, or files that are missing."""

from __future__ import annotations

import json
from importlib.machinery import ModuleSpec, all_suffixes
from importlib.metadata import Distribution, EntryPoint, packages_distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlparse


def explain_import(entry: EntryPoint) -> str:
    """Return what to do so that an entry point can be imported, to be added to its error; ``""`` if that is not known.

    The package that Python imports may not be that of the distribution which declares the entry point: a folder or file
    of the same name comes first on the path.
    """
    if entry.dist is None:
        return ""
    package = entry.module.partition(".")[0]
    name = f"{entry.dist.name} {entry.dist.version}"
    spec = _spec(package)
    if spec is None:
        return f'; the files of the package "{package}" are missing, install the distribution {name} again'
    root = _root(entry.dist, package)
    places = [Path(place).resolve() for place in spec.submodule_search_locations or [spec.origin or ""]]
    if root is None or any(_is_within(place, root) for place in places):
        return ""
    file = spec.origin if spec.has_location else places[0]
    others = sorted(set(packages_distributions().get(package, ())) - {entry.dist.name})
    if others and "site-packages" in places[0].parts:
        return (
            f'; {file} of the distribution {", ".join(others)} hides the package "{package}" of the distribution '
            f"{name} in {root}: uninstall one of them"
        )
    return (
        f'; {file} hides the package "{package}" of the distribution {name} in {root}: '
        "rename it, or start Python in another folder"
    )


def _spec(package: str) -> ModuleSpec | None:
    try:
        return find_spec(package)
    except ValueError:  # a module that was made by hand
        return None


def _root(dist: Distribution, package: str) -> Path | None:
    """Return the folder or file of a package that a distribution has, or the folder from which it is installed."""
    names = {package, *(package + suffix for suffix in all_suffixes())}
    for file in dist.files or ():
        if file.parts[0] in names:
            return Path(str(dist.locate_file(file.parts[0]))).resolve()
    text = dist.read_text("direct_url.json")  # an editable install
    url = urlparse(json.loads(text)["url"]) if text else None
    return Path(unquote(url.path)).resolve() if url and url.scheme == "file" else None


def _is_within(place: Path, root: Path) -> bool:
    """Return whether a place is in a folder, but not in an environment there."""
    return place.is_relative_to(root) and "site-packages" not in place.relative_to(root).parts
