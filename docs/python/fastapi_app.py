"""A tile origin with FastAPI. Start it with: uvicorn fastapi_app:app"""

import hmac
import os
from typing import List, Optional

from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel

from tile_versions import TileVersions, check_range, dataset_version, etag_matches

# In place of a database: what the tiles are made from.
DATA = {"flood_zones": b"first edition"}

versions = TileVersions({"flood_zones": "poi"}, path=os.environ.get("TILE_VERSIONS_FILE"))
versions.publish("flood_zones", dataset_version(DATA["flood_zones"]))

app = FastAPI()


@app.api_route("/api/tile-version", methods=["GET", "HEAD"])
def tile_version(request: Request, if_none_match: Optional[str] = Header(None)) -> Response:
    body, etag = versions.manifest()
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@app.get("/tiles/{layer}/{z}/{x}/{y}.pbf", name="tile")
def tile(layer: str, z: int, x: int, y: int) -> Response:
    if layer not in DATA:
        raise HTTPException(404)
    # Headers come before the tile: a publication in between must not put the new version on old bytes.
    headers = versions.tile_headers(layer)
    return Response(DATA[layer] + f" {z}/{x}/{y}".encode(), media_type="application/x-protobuf", headers=headers)


def versioned_url_for(request: Request, name: str, layer: str, **parameters) -> str:
    """`url_for` that versions: {{ versioned_url_for(request, 'tile', layer='flood_zones', z=1, x=0, y=0) }}"""
    return versions.versioned(layer, str(request.url_for(name, layer=layer, **parameters)))


@app.get("/tiles/{layer}/tile.json")
def tilejson(request: Request, layer: str) -> dict:
    url = versioned_url_for(request, "tile", layer, z="0", x="0", y="0")
    return {"tilejson": "3.0.0", "tiles": [url.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf")]}


class Change(BaseModel):
    layer: str
    data: str
    bbox: Optional[List[float]] = None


@app.post("/api/publish")
def publish(change: Change, authorization: str = Header("")) -> dict:
    token = os.environ.get("TILE_PUBLISH_TOKEN", "")
    if not token or not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    if change.layer not in DATA:
        raise HTTPException(404)
    try:
        check_range(change.bbox, None)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    DATA[change.layer] = change.data.encode()
    version = dataset_version(DATA[change.layer])
    # Here belongs the purge of the CDN, before the announcement.
    revision = versions.publish(change.layer, version, bbox=change.bbox)
    return {"layer": change.layer, "version": version, "revision": revision}
