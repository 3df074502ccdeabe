"""The publish endpoint, for any framework. It accepts what `npx sw-tile-cache publish` and publish.py send, and answers as the
origin on Node does, so that both can show its steps and errors."""

import hmac
import json
import os
import time
from typing import Optional, Tuple

from tile_list import around, pack
from tile_versions import Conflict, TileVersions, check_range

# Room for a packed list of tiles (200,000 characters) or for 20,000 lines.
MAX_BYTES = 524_288
MAX_BOXES = MAX_SAMPLES = 16
FIELDS = ("layer", "version", "bbox", "boxes", "tiles", "zooms", "scope", "id", "tags", "changed", "samples", "allowGone")


def is_word(value) -> bool:
    """Returns whether the value has 1 to 128 printable ASCII characters without spaces, so that a header can carry it."""
    return isinstance(value, str) and 0 < len(value) <= 128 and all("!" <= c <= "~" for c in value)


def is_tags(value) -> bool:
    return isinstance(value, list) and len(value) <= 30 and all(is_word(tag) and "," not in tag for tag in value)


def read_publication(raw: bytes, versions: TileVersions) -> dict:
    """Checks a publication. Raises ValueError with a text for the publisher. Refuses unknown fields, because a mistyped bbox would
    mean the whole layer."""
    if len(raw) > MAX_BYTES:
        raise ValueError("the publication is too large")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("the publication is not JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the publication must be an object")
    other = sorted(set(body) - set(FIELDS))
    if other:
        # Use ASCII: JSON may contain half of a surrogate pair, and an answer may not.
        raise ValueError(f"{ascii(other[0])[1:-1][:64]} is not a field of a publication, use {', '.join(FIELDS)}")
    if not isinstance(body.get("layer"), str) or not versions.knows(body["layer"]):
        raise ValueError("layer: there is no such layer here")
    if body.get("version") is not None and not is_word(body["version"]):
        raise ValueError("version must be 1 to 128 printable ASCII characters without spaces")
    if body.get("id") is not None and not (isinstance(body["id"], str) and is_word(body["id"].replace(" ", "_"))):
        raise ValueError("id must be 1 to 128 printable ASCII characters")
    if body.get("tags") is not None and not is_tags(body["tags"]):
        raise ValueError("tags must be a list of at most 30 words without commas")
    if body.get("scope") not in (None, "tiles", "metadata"):
        raise ValueError("scope must be tiles or metadata")
    # This origin does not check whether tiles are gone, but accepts the field, so that publishers need not distinguish origins.
    if not isinstance(body.get("allowGone"), (bool, type(None))):
        raise ValueError("allowGone must be true or false")
    changed = body.get("changed")
    # Change detectors send a boolean, the number of changed rows, or a list of them.
    if changed is not None and (not isinstance(changed, (bool, int, float, list)) or changed != changed):
        raise ValueError("changed must be true or false, a number or a list")
    check_range(body.get("bbox"), body.get("zooms"))
    check_samples(body.get("samples"))
    return {**body, "parts": parts_of(body)}


def parts_of(body: dict) -> "list[dict]":
    """Returns the changed parts in the form of the manifest, one for each box. Raises ValueError."""
    given = {key: body[key] for key in ("bbox", "zooms", "scope") if body.get(key) is not None and body[key] != "tiles"}
    boxes, tiles = body.get("boxes"), body.get("tiles")
    if tiles is not None:
        beside = [*given, *(["boxes"] if boxes is not None else [])]
        if beside:
            raise ValueError(f"{beside[0]} must be left out if tiles is given")
        packed = pack(tiles) if isinstance(tiles, list) else tiles if isinstance(tiles, str) else ""
        bbox, zooms = around(packed)
        return [{"bbox": bbox, "zooms": zooms, "tiles": packed}]
    if boxes is None:
        return [given] if given else []
    if body.get("bbox") is not None or not isinstance(boxes, list) or not 0 < len(boxes) <= MAX_BOXES:
        raise ValueError(f"boxes must be 1 to {MAX_BOXES} boxes, in place of bbox")
    for box in boxes:
        if box is None:
            raise ValueError("boxes must be [west, south, east, north] each")
        check_range(box, None)
    return [{**given, "bbox": box} for box in boxes]


def check_samples(samples) -> None:
    """Checks the samples. This origin does not look at an edge, but accepts the field, so that publishers need not distinguish
    origins. Raises ValueError."""
    if samples is None:
        return
    if not isinstance(samples, list) or len(samples) > MAX_SAMPLES:
        raise ValueError(f"samples must be a list of {MAX_SAMPLES} tiles at most")
    for each in samples:
        if not isinstance(each, dict) or set(each) != set("zxy") or not all(type(each[key]) is int for key in "zxy"):
            raise ValueError('samples must be tiles {"z": 12, "x": 2200, "y": 1343}')
        if not 0 <= each["z"] <= 30 or not 0 <= min(each["x"], each["y"]) <= max(each["x"], each["y"]) < 1 << each["z"]:
            raise ValueError("samples must be tiles of the map")


def publish(raw: bytes, authorization: Optional[str], versions: TileVersions) -> Tuple[int, dict]:
    """Returns status and body of the answer to POST /api/publish. The token is TILE_PUBLISH_TOKEN; without it nobody can publish."""
    token = os.environ.get("TILE_PUBLISH_TOKEN", "")
    # The name of the scheme is case-insensitive (RFC 9110 section 11.1).
    scheme, _, given = (authorization or "").partition(" ")
    if not token or scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        return 401, problem("UNAUTHORIZED", "The token is missing or wrong.", "Send the origin's TILE_PUBLISH_TOKEN as a bearer token.")
    try:
        change = read_publication(raw, versions)
    except ValueError as error:
        return 400, problem("INVALID_MESSAGE", f"{error}.", "Correct the publication, and publish it again.")
    started, layer = time.time(), change["layer"]
    previous, before = versions.version(layer), versions.revision(layer)
    if change.get("changed") is not None and not change["changed"]:
        return 200, report(change, previous, previous, before, before, [step("plan", started, "nothing changed")])
    # Purge your CDN here, before the announcement, as a step of its own. If it fails, `ok` of the report is false.
    try:
        version, revision = versions.publish_once(change)
    except Conflict as error:
        return 409, problem("CONFLICT", f"{error}.", "Give each publication its own id; to repeat one, send exactly the same fields.")
    except OSError as error:
        return 503, problem("STORAGE_FAILED", f"The versions were not written: {error.strerror}.", "Look at TILE_VERSIONS_FILE, and publish again.")
    return 200, report(change, version, previous, revision, before, [step("announce", started, f"revision {revision}")])


def step(name: str, started: float, detail: str) -> dict:
    return {"step": name, "ok": True, "startedAt": int(started * 1000), "seconds": round(time.time() - started, 3), "detail": detail}


def report(change: dict, version, previous, revision, before, steps: list) -> dict:
    said = {"ok": all(each["ok"] for each in steps), "layer": change["layer"], "version": version, "previous": previous}
    return {**said, "revision": revision, "applied": revision != before, "steps": steps}


def problem(code: str, message: str, remedy: str) -> dict:
    return {"error": {"code": code, "message": message, "remedy": remedy}}
