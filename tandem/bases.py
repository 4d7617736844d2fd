"""Base images of every build: those the engine has, else pulled, else made from Debian packages by offline/."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

from tandem import console, engine, hashing, machine, shell
from tandem.errors import TandemError
from tandem.paths import ROOT, versions

MAKE = ROOT / "offline" / "debian" / "make-image"
GOLANG = ROOT / "offline" / "golang" / "Dockerfile"
LABEL = "tandem.definition"
"""Images made here say what they were made from, so that they are made again when that has changed."""

PROBE_SECONDS = 8


def ensure() -> None:
    """Make sure that the engine has every base image of versions.toml.

    Raises TandemError where one is missing, no registry answers, and this machine or user can't make it.
    """
    pins = versions()["bases"]
    wanted = [image for image in (pins["debian"], pins["debian_unstable"]) if not _have_debian(image)]
    if wanted:
        can_make(wanted[0])
        # Before the threads start: apt works for one at a time.
        if not shell.succeeds(["mmdebstrap", "--version"]):
            engine.install_packages(["mmdebstrap"])
    with ThreadPoolExecutor(len(wanted) or 1) as pool:
        # The result is asked for so that an error in a thread is raised here.
        list(pool.map(_make_debian, wanted))
    _ensure_golang()


def definition() -> str:
    """Short hash of what the base images are, for the tags of the images that are built on them."""
    return hashing.digest([MAKE, GOLANG], also=versions()["bases"].values())


def clean() -> None:
    """Remove the base images that were made here; pulled ones may serve other projects."""
    engine.remove_images([image for image in versions()["bases"].values() if engine.label(image, LABEL)])


@cache
def registry_answers() -> bool:
    """Whether images can be pulled here; asked once, because no answer takes seconds to be sure of."""
    probe = ["docker", "manifest", "inspect", versions()["bases"]["debian"]]
    answers = shell.succeeds(probe, timeout=PROBE_SECONDS)
    console.log(f"a container registry {'answers' if answers else 'does not answer'}")
    return answers


def pull(image: str) -> bool:
    """Pull an image if a registry has it; whether the engine has it now."""
    return registry_answers() and shell.attempt(["docker", "pull", "--quiet", image], timeout=1800).returncode == 0


def is_current(image: str, definition: str) -> bool:
    """Whether the engine has the image, and has it either from elsewhere or made from this very definition."""
    return engine.label(image, LABEL) in ("", definition)


def can_make(image: str) -> None:
    """Raise TandemError if this user can't make a Debian image on this machine."""
    if not machine.can_install_packages():
        raise TandemError(
            f"image {image} is missing and no container registry answers",
            f"bring it into the engine with `docker load`, or run as root on Debian, where {MAKE.parent.relative_to(ROOT)} makes it",
        )


def _have_debian(image: str) -> bool:
    return is_current(image, _debian(image)) or (engine.label(image, LABEL) is None and pull(image))


def _make_debian(image: str) -> None:
    shell.stream([MAKE, _release(image), image, f"{LABEL}={_debian(image)}"])


def _debian(image: str) -> str:
    """What a Debian image is made from. Which mirror its packages come from makes no difference."""
    return hashing.digest([MAKE], also=[image])


def _ensure_golang() -> None:
    pins = versions()["bases"]
    image, base = pins["golang"], pins["debian_unstable"]
    made_from = hashing.digest([GOLANG, MAKE], also=[image, base])
    if is_current(image, made_from) or (engine.label(image, LABEL) is None and pull(image)):
        return
    version = image.partition(":")[2].partition("-")[0]
    engine.build(
        GOLANG,
        tags=[image],
        context=GOLANG.parent,
        build_args={"DEBIAN_UNSTABLE": base, "GO_VERSION": version},
        labels={LABEL: made_from},
    )


def _release(image: str) -> str:
    """debian:trixie-slim -> trixie."""
    return image.partition(":")[2].removesuffix("-slim")
