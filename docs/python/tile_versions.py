"""Versions of tile layers for an origin in Python. The FastAPI and the Flask example use it. It has no dependencies."""

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
# The number of publications whose ids the file keeps.
IDS = 256

# The presets of sw-tile-cache, as Cache-Control.
PRESETS = {
    "base": "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=31536000",
    "vector": "public, max-age=86400, stale-while-revalidate=86400, stale-if-error=31536000",
    "assets": "public, max-age=3600, stale-while-revalidate=2592000, stale-if-error=31536000",
    "poi": "public, max-age=60, stale-while-revalidate=30, stale-if-error=86400",
    "alerts": "public, max-age=10, stale-while-revalidate=5, stale-if-error=0",
}


def dataset_version(data: bytes) -> str:
    """Returns the first 16 hexadecimal digits of SHA-256, as `datasetVersion(bytes)` in JavaScript does."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def files_version(files: Iterable[os.PathLike], root: os.PathLike = ".") -> str:
    """Returns the version of files, by their names, lengths and contents, as `datasetVersion({ files, root })` does. Raises
    ValueError."""
    # Do not use `resolve`: a link counts by its own name, as in JavaScript, because its target differs between machines.
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
    """Raises ValueError for an invalid box or zooms, which would make the manifest unreadable for every layer and client."""

    def numbers(value, count, kinds):
        return isinstance(value, (list, tuple)) and len(value) == count and all(type(n) in kinds for n in value)

    if bbox is not None:
        # The comparison also refuses NaN.
        if not numbers(bbox, 4, (int, float)) or not all(abs(n) <= limit for n, limit in zip(bbox, (180, 90, 180, 90))):
            raise ValueError("bbox must be [west, south, east, north] in degrees")
        if bbox[1] > bbox[3]:
            raise ValueError("bbox: south must not be above north")
    if zooms is not None and (not numbers(zooms, 2, (int,)) or not 0 <= zooms[0] <= zooms[1] <= 30):
        raise ValueError("zooms must be [min, max], 0 to 30")


def tile_id(z: str, x: str, y: str) -> "Optional[tuple[int, int, int]]":
    """Returns the tile that a path names; None for other characters than digits, too many digits, or a place outside of the map."""
    if not all(0 < len(part) <= 10 and part.isascii() and part.isdigit() for part in (z, x, y)):
        return None
    tile = int(z), int(x), int(y)
    return tile if tile[0] <= 30 and max(tile[1:]) < 1 << tile[0] else None


def parse_state(raw: bytes) -> dict:
    """Returns the versions in a file. Raises OSError if it contains anything else."""
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
    """The id belongs to another publication."""


class TileVersions:
    """Keeps the version in force of each layer. Each publication gets the next revision. With a path, keeps them in one file,
    which the processes of one machine share (`gunicorn -w 4`, `uvicorn --workers 4`). Without a path, run one process only."""

    def __init__(self, presets: Dict[str, str], path: Optional[os.PathLike] = None):
        self._presets = presets
        # Resolve a link: writing would replace the link and leave its target unchanged.
        self._path = Path(os.path.realpath(path)) if path else None
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._state = {"revision": 0, "layers": {}}
        self._stamp = None
        self._read()

    def knows(self, layer: str) -> bool:
        return layer in self._presets

    def begin(self, layer: str, version: str) -> None:
        """Sets the version of a layer that was never published. A published version stays."""
        with self._alone():
            # Check under the lock: another process may publish at the same time.
            if layer not in self._state["layers"]:
                self._announce(layer, version, [])

    def publish(self, layer: str, version: str, bbox=None, zooms=None, scope=None) -> int:
        """Announces a version, and the part that changed, if it was only a part. Returns the revision. Repeating it changes nothing.
        Raises ValueError for an invalid box or zooms."""
        check_range(bbox, zooms)
        with self._alone():
            part = {"bbox": bbox, "zooms": zooms, "scope": scope}
            part = {key: value for key, value in part.items() if value is not None and value != "tiles"}
            return self._announce(layer, version, [part] if part else [])

    def publish_once(self, change: dict) -> "tuple[str, int]":
        """Announces a checked publication with its `parts`. Returns version and revision. Makes a version if there is none. A known
        `id` changes nothing. Raises Conflict if the id belongs to another publication."""
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
        # The whole layer, or just these parts, were announced already.
        if again and (not told or parts == told):
            return held["revision"]
        # Use the clock, so that the revision exceeds all that browsers remember, even if the file was lost.
        revision = max(self._state["revision"] + 1, int(time.time()))
        entry = {"version": version, "revision": revision}
        # After a further part of the same version, clients that are behind change the whole layer.
        if held and parts and not again:
            entry["changes"] = [{"from": held["version"], **part} for part in parts]
        state = {**self._state, "revision": revision, "layers": {**self._state["layers"], layer: entry}}
        if name is not None:
            state["ids"] = [*state.get("ids", []), [layer, name, version, revision, content]][-IDS:]
        # Write first, so that a version that the disk refuses is not in force.
        self._write(state)
        self._state = state
        return revision

    @contextlib.contextmanager
    def _alone(self):
        """Keeps other threads and, with a file, other processes from changing the state."""
        with self._lock:
            if not self._path or fcntl is None:
                yield
                return
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._read()
                yield

    def _refresh(self) -> None:
        """Reads what another process wrote. If the file cannot be read, the known versions stay in force."""
        with contextlib.suppress(OSError):
            self._read()

    def _read(self) -> None:
        """Reads the file if it changed. Raises OSError, also if it contains something else."""
        if not self._path or not self._path.exists():
            return
        # One thread at a time: a thread that read an older file must not overwrite what another one read later.
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
        """Returns the body of the version endpoint, of all layers or of one, and its ETag."""
        self._refresh()
        layers = self._state["layers"]
        said = {"layers": layers} if layer is None else layers.get(layer, {})
        body = json.dumps(said, separators=(",", ":")).encode()
        return body, f'"{dataset_version(body)}"'

    def tile_headers(self, layer: str) -> Dict[str, str]:
        """Returns the headers of a tile: freshness, version, and tags for the CDN."""
        # Encode as `encodeURIComponent` does, because purges name the tag in this form.
        tag = "layer:" + quote(layer, safe="!*'()")
        headers = {"Cache-Control": PRESETS[self._presets.get(layer, "vector")], "Cache-Tag": tag, "Surrogate-Key": tag}
        version = self.version(layer)
        return {**headers, "X-Tile-Version": version} if version else headers

    def versioned(self, layer: str, url: str) -> str:
        """Returns the URL with the layer's version, so that every cache on the way keeps versions apart."""
        version = self.version(layer)
        if not version:
            return url
        return f"{url}{'&' if '?' in url else '?'}v={quote(version, safe='')}"


def etag_matches(header: Optional[str], etag: str) -> bool:
    """Returns whether If-None-Match matches, by weak comparison (RFC 9110 section 13.1.2)."""
    if header is None:
        return False
    return header.strip() == "*" or any(tag.strip().removeprefix("W/") == etag for tag in header.split(","))
