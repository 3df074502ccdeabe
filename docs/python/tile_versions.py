"""Versions of tile layers for an origin in Python: no dependencies, shared by the FastAPI and the Flask example."""

import contextlib
import errno
import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Dict, Iterable, Optional
from urllib.parse import quote

try:
    import fcntl
except ImportError:  # Windows: one process only.
    fcntl = None

DIGITS = 16
# Publications remembered by their id.
IDS = 256

# Windows from published practice: the presets of sw-tile-cache.
PRESETS = {
    "base": "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=31536000",
    "vector": "public, max-age=86400, stale-while-revalidate=86400, stale-if-error=31536000",
    "poi": "public, max-age=60, stale-while-revalidate=30, stale-if-error=86400",
    "alerts": "public, max-age=10, stale-while-revalidate=5, stale-if-error=0",
}


def dataset_version(data: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256: the same as `datasetVersion(bytes)` in JavaScript."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def files_version(files: Iterable[os.PathLike], root: os.PathLike = ".") -> str:
    """Names, lengths and contents of files, in the order of their names: as `datasetVersion({ files, root })`."""
    # Not `resolve`: a link counts by its own name, as in JavaScript. Where it leads differs from machine to machine.
    base = os.path.abspath(root)
    named = sorted((Path(os.path.relpath(os.path.abspath(file), base)).as_posix().encode(), Path(file)) for file in files)
    if not named or len({name for name, _ in named}) < len(named):
        raise ValueError("name at least one file, and none twice")
    digest = hashlib.sha256()
    for name, path in named:
        digest.update(b"%d:%s:%d:" % (len(name), name, path.stat().st_size))
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    return digest.hexdigest()[:DIGITS]


def check_range(bbox, zooms) -> None:
    """A box that is none would make the manifest unreadable, for every layer and client."""

    def numbers(value, count, kinds):
        return isinstance(value, (list, tuple)) and len(value) == count and all(type(n) in kinds for n in value)

    if bbox is not None:
        # NaN is in no interval.
        if not numbers(bbox, 4, (int, float)) or not all(abs(n) <= limit for n, limit in zip(bbox, (180, 90, 180, 90))):
            raise ValueError("bbox must be [west, south, east, north] in degrees")
        if bbox[1] > bbox[3]:
            raise ValueError("bbox: south must not be above north")
    if zooms is not None and (not numbers(zooms, 2, (int,)) or not 0 <= zooms[0] <= zooms[1] <= 30):
        raise ValueError("zooms must be [min, max], 0 to 30")


def tile_id(z: str, x: str, y: str) -> "Optional[tuple[int, int, int]]":
    """The tile that a path names; None for what is none: other digits than 0 to 9, thousands of them, places beside the map."""
    if not all(0 < len(part) <= 10 and part.isascii() and part.isdigit() for part in (z, x, y)):
        return None
    tile = int(z), int(x), int(y)
    return tile if tile[0] <= 30 and max(tile[1:]) < 1 << tile[0] else None


def parse_state(raw: bytes) -> dict:
    """The versions that a file holds. Raises OSError for anything else."""
    try:
        state = json.loads(raw)
    except (ValueError, RecursionError):
        state = None
    layers = state.get("layers") if isinstance(state, dict) else None
    entries = [state, *layers.values()] if isinstance(layers, dict) else [None]
    if not all(isinstance(each, dict) and type(each.get("revision")) is int for each in entries) or not all(
        isinstance(each.get("version"), str) for each in entries[1:]
    ):
        raise OSError(errno.EINVAL, "the file holds something else, restore it or delete it")
    return state


class Conflict(Exception):
    """An id that stands for another publication."""


class TileVersions:
    """The version in force of each layer; a publication gives it the next revision. Kept in one file, if a path is given: the
    processes of one machine share it (`gunicorn -w 4`, `uvicorn --workers 4`). Without a file there must be one process."""

    def __init__(self, presets: Dict[str, str], path: Optional[os.PathLike] = None):
        self._presets = presets
        # Where a link leads to: it would be replaced by the file, and its target keep the old versions.
        self._path = Path(os.path.realpath(path)) if path else None
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._state = {"revision": 0, "layers": {}}
        self._stamp = None
        self._read()

    def knows(self, layer: str) -> bool:
        return layer in self._presets

    def begin(self, layer: str, version: str) -> None:
        """The version of a layer of which nothing was published yet; else the one that is held stays."""
        with self._alone():
            # Asked where nobody can come in between: another process may have published meanwhile.
            if layer not in self._state["layers"]:
                self._announce(layer, version, [])

    def publish(self, layer: str, version: str, bbox=None, zooms=None, scope=None) -> int:
        """Announces a version, with what changed if it was only a part; the same again changes nothing. Raises ValueError for what no client would read."""
        check_range(bbox, zooms)
        with self._alone():
            part = {"bbox": bbox, "zooms": zooms, "scope": scope}
            part = {key: value for key, value in part.items() if value is not None and value != "tiles"}
            return self._announce(layer, version, [part] if part else [])

    def publish_once(self, change: dict) -> "tuple[str, int]":
        """A checked publication, with its `parts`: version and revision. An `id` that was seen changes nothing; without a version one is made."""
        layer, name = change["layer"], change.get("id")
        parts = change.get("parts", [])
        content = dataset_version(json.dumps(parts, sort_keys=True).encode())
        with self._alone():
            done = [each for each in self._state.get("ids", []) if name is not None and each[:2] == [layer, name]]
            if done:
                _, _, version, revision, *said = done[0]
                if change.get("version") not in (None, version) or said not in ([], [content]):
                    raise Conflict(f"id was used for another publication of {layer}: version {version}, revision {revision}")
                return version, revision
            version = change.get("version") or os.urandom(DIGITS // 2).hex()
            return version, self._announce(layer, version, parts, name, content)

    def _announce(self, layer: str, version: str, parts: "list[dict]", name: Optional[str] = None, content: str = "") -> int:
        held = self._state["layers"].get(layer)
        again = held is not None and held["version"] == version
        told = [{key: value for key, value in each.items() if key != "from"} for each in (held or {}).get("changes", [])]
        # The whole layer, or just these parts, were told of already.
        if again and (not told or parts == told):
            return held["revision"]
        # By the clock, so that it is higher than all that browsers remember, also when the file was lost.
        revision = max(self._state["revision"] + 1, int(time.time()))
        entry = {"version": version, "revision": revision}
        # A further part of the same version: whoever is behind changes the whole layer.
        if held and parts and not again:
            entry["changes"] = [{"from": held["version"], **part} for part in parts]
        state = {**self._state, "revision": revision, "layers": {**self._state["layers"], layer: entry}}
        if name is not None:
            state["ids"] = [*state.get("ids", []), [layer, name, version, revision, content]][-IDS:]
        # Written first: what the disk refuses is not in force.
        self._write(state)
        self._state = state
        return revision

    @contextlib.contextmanager
    def _alone(self):
        """No other thread and, where there is a file, no other process changes the state meanwhile."""
        with self._lock:
            if not self._path or fcntl is None:
                yield
                return
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._read()
                yield

    def _refresh(self) -> None:
        """Reads what another process wrote. Where it cannot be read (truncated, a broken disk), what is known stays in force."""
        with contextlib.suppress(OSError):
            self._read()

    def _read(self) -> None:
        """Reads the file if it changed. Raises OSError, also where it holds something else."""
        if not self._path or not self._path.exists():
            return
        # One thread at a time: one that read an older file must not come behind one that read a newer one.
        with self._reading:
            stat = self._path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._state, self._stamp = parse_state(self._path.read_bytes()), stamp

    def _write(self, state: dict) -> None:
        if not self._path:
            return
        beside = self._path.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)

    def version(self, layer: str) -> Optional[str]:
        self._refresh()
        entry = self._state["layers"].get(layer)
        return entry and entry["version"]

    def revision(self, layer: str) -> Optional[int]:
        entry = self._state["layers"].get(layer)
        return entry and entry["revision"]

    def manifest(self, layer: Optional[str] = None) -> "tuple[bytes, str]":
        """The body of the version endpoint, of all layers or of one, and its ETag."""
        self._refresh()
        layers = self._state["layers"]
        said = {"layers": layers} if layer is None else layers.get(layer, {})
        body = json.dumps(said, separators=(",", ":")).encode()
        return body, f'"{dataset_version(body)}"'

    def tile_headers(self, layer: str) -> Dict[str, str]:
        """What a tile's answer needs: freshness, version, and tags for the CDN."""
        # As `encodeURIComponent` writes it, so that the tag is the one that a purge names.
        tag = "layer:" + quote(layer, safe="!*'()")
        headers = {"Cache-Control": PRESETS[self._presets.get(layer, "vector")], "Cache-Tag": tag, "Surrogate-Key": tag}
        version = self.version(layer)
        return {**headers, "X-Tile-Version": version} if version else headers

    def versioned(self, layer: str, url: str) -> str:
        """The URL with the layer's version, so that every cache on the way keeps versions apart."""
        version = self.version(layer)
        if not version:
            return url
        return f"{url}{'&' if '?' in url else '?'}v={quote(version, safe='')}"


def etag_matches(header: Optional[str], etag: str) -> bool:
    """If-None-Match, compared weakly as RFC 9110 section 13.1.2 says."""
    if header is None:
        return False
    return header.strip() == "*" or any(tag.strip().removeprefix("W/") == etag for tag in header.split(","))
