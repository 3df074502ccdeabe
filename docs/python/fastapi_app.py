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
# A layer that was published before keeps the version in the file.
versions.begin("flood_zones", dataset_version(b"first edition"))

app = FastAPI()


@app.api_route("/api/tile-version", methods=["GET", "HEAD"])
@app.api_route("/api/tile-version/{layer}", methods=["GET", "HEAD"])
def tile_version(layer: Optional[str] = None, if_none_match: Optional[str] = Header(None)) -> Response:
    """The manifest: of all layers, or of one (`?layer=flood_zones`, or `/flood_zones` at the end of the path)."""
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
    # Make the headers before the tile, so that a publication in between does not label an old tile with the new version.
    headers = versions.tile_headers(layer)
    # Put your own renderer here. This tile shows its version.
    body = vector_tile(layer, headers["X-Tile-Version"])
    return Response(body, media_type="application/vnd.mapbox-vector-tile", headers=headers)


def versioned_url_for(request: Request, name: str, layer: str, **parameters) -> str:
    """`url_for` with the layer's version in the URL: {{ versioned_url_for(request, 'tile', layer='flood_zones', z=1, x=0, y=0) }}"""
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
