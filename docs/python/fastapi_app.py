"""A tile origin with FastAPI. Start it with: uvicorn fastapi_app:app"""

import os
from typing import Optional

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from publications import MAX_BYTES, publish
from tile_versions import TileVersions, dataset_version, etag_matches, tile_id
from vector_tile import vector_tile

versions = TileVersions({"flood_zones": "poi"}, path=os.environ.get("TILE_VERSIONS_FILE"))
# Of a layer that was published before, the version in the file stays.
versions.begin("flood_zones", dataset_version(b"first edition"))

app = FastAPI()


@app.api_route("/api/tile-version", methods=["GET", "HEAD"])
@app.api_route("/api/tile-version/{layer}", methods=["GET", "HEAD"])
def tile_version(layer: Optional[str] = None, if_none_match: Optional[str] = Header(None)) -> Response:
    """Of all layers, {"layers": {...}}; of one, {"version": ...}: ?layer=flood_zones, or behind the path."""
    if layer is not None and not versions.knows(layer):
        raise HTTPException(404)
    body, etag = versions.manifest(layer)
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@app.get("/tiles/{layer}/{z}/{x}/{y}.pbf", name="tile")
def tile(layer: str, z: str, x: str, y: str) -> Response:
    if not versions.knows(layer) or tile_id(z, x, y) is None:
        raise HTTPException(404)
    # Headers come before the tile: a publication in between must not put the new version on old bytes.
    headers = versions.tile_headers(layer)
    # In place of a database: a tile that shows its version.
    body = vector_tile(layer, headers["X-Tile-Version"])
    return Response(body, media_type="application/vnd.mapbox-vector-tile", headers=headers)


def versioned_url_for(request: Request, name: str, layer: str, **parameters) -> str:
    """`url_for` that versions: {{ versioned_url_for(request, 'tile', layer='flood_zones', z=1, x=0, y=0) }}"""
    return versions.versioned(layer, str(request.url_for(name, layer=layer, **parameters)))


@app.get("/tiles/{layer}/tile.json")
def tilejson(request: Request, layer: str) -> dict:
    if not versions.knows(layer):
        raise HTTPException(404)
    url = versioned_url_for(request, "tile", layer, z="0", x="0", y="0")
    return {"tilejson": "3.0.0", "tiles": [url.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf")]}


@app.post("/api/publish")
async def publish_endpoint(request: Request, authorization: Optional[str] = Header(None)) -> Response:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BYTES:
            break
    status, answer = await run_in_threadpool(publish, raw, authorization, versions)
    return JSONResponse(answer, status, {"WWW-Authenticate": "Bearer"} if status == 401 else None)
