"""The publish endpoint for any framework: takes what `npx sw-tile-cache publish` and publish.py send, and answers as the
origin on Node does, so that both show steps and refusals in words."""

import hmac
import json
import os
import time
from typing import Optional, Tuple

from tile_versions import TileVersions, check_range

MAX_BYTES = 65_536
FIELDS = ("layer", "version", "bbox", "zooms", "scope", "id", "tags", "changed")


def is_word(value) -> bool:
    """1 to 128 printable ASCII characters: what fits into a header."""
    return isinstance(value, str) and 0 < len(value) <= 128 and all(" " <= c <= "~" for c in value) and value == value.strip()


def read_publication(raw: bytes, versions: TileVersions) -> dict:
    """Raises ValueError, with words for whoever published. An unknown field is refused: a mistyped bbox would be the whole layer."""
    if len(raw) > MAX_BYTES:
        raise ValueError("the publication is too large")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("the publication is no JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the publication must be an object")
    other = sorted(set(body) - set(FIELDS))
    if other:
        raise ValueError(f"{other[0][:64]} is not known here, use no fields but {', '.join(FIELDS)}")
    if not isinstance(body.get("layer"), str) or not versions.knows(body["layer"]):
        raise ValueError("layer: there is no such layer here")
    for field in ("version", "id"):
        if body.get(field) is not None and not is_word(body[field]):
            raise ValueError(f"{field} must be 1 to 128 printable ASCII characters")
    if body.get("scope") not in (None, "tiles", "metadata"):
        raise ValueError("scope must be tiles or metadata")
    if body.get("changed") not in (None, True, False):
        raise ValueError("changed must be true or false")
    check_range(body.get("bbox"), body.get("zooms"))
    return body


def publish(raw: bytes, authorization: Optional[str], versions: TileVersions) -> Tuple[int, dict]:
    """Status and answer of POST /api/publish. The token is that of the environment; without one nobody may publish."""
    token = os.environ.get("TILE_PUBLISH_TOKEN", "")
    if not token or not hmac.compare_digest((authorization or "").encode(), f"Bearer {token}".encode()):
        return 401, problem("UNAUTHORIZED", "The token is missing or wrong.", "Send the origin's TILE_PUBLISH_TOKEN as a bearer token.")
    try:
        change = read_publication(raw, versions)
    except ValueError as error:
        return 400, problem("INVALID_MESSAGE", f"{error}.", "Correct the publication, and publish it again.")
    started, layer = time.time(), change["layer"]
    previous = versions.version(layer)
    if change.get("changed") is False:
        return 200, report(change, previous, previous, versions.revision(layer), [step("plan", started, "nothing changed")])
    # Here belongs the purge of the CDN, before the announcement: a step of its own, whose failure makes `ok` false.
    try:
        version, revision = versions.publish_once(change)
    except OSError as error:
        return 503, problem("STORAGE_FAILED", f"The versions were not written: {error.strerror}.", "Look at TILE_VERSIONS_FILE, and publish again.")
    return 200, report(change, version, previous, revision, [step("announce", started, f"revision {revision}")])


def step(name: str, started: float, detail: str) -> dict:
    return {"step": name, "ok": True, "startedAt": int(started * 1000), "seconds": round(time.time() - started, 3), "detail": detail}


def report(change: dict, version, previous, revision, steps: list) -> dict:
    said = {"ok": all(each["ok"] for each in steps), "layer": change["layer"], "version": version, "previous": previous}
    return {**said, "revision": revision, "applied": version != previous, "steps": steps}


def problem(code: str, message: str, remedy: str) -> dict:
    return {"error": {"code": code, "message": message, "remedy": remedy}}
