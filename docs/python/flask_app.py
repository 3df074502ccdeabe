"""A tile origin with Flask. Start it with: flask --app flask_app run"""

import os

from flask import Flask, Response, abort, jsonify, request, url_for

from publications import MAX_BYTES, publish
from tile_versions import TileVersions, dataset_version, etag_matches, tile_id
from vector_tile import vector_tile

versions = TileVersions({"flood_zones": "poi"}, path=os.environ.get("TILE_VERSIONS_FILE"))
# A layer that was published before keeps the version in the file.
versions.begin("flood_zones", dataset_version(b"first edition"))

app = Flask(__name__)


@app.get("/api/tile-version")
@app.get("/api/tile-version/<layer>")
def tile_version(layer=None) -> Response:
    """The manifest: of all layers, or of one (`?layer=flood_zones`, or `/flood_zones` at the end of the path)."""
    layer = layer or request.args.get("layer")
    if layer is not None and not versions.knows(layer):
        abort(404)
    body, etag = versions.manifest(layer)
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if etag_matches(request.headers.get("If-None-Match"), etag):
        return Response(status=304, headers=headers)
    return Response(body, mimetype="application/json", headers=headers)


@app.get("/tiles/<layer>/<z>/<x>/<y>.pbf")
def tile(layer: str, z: str, x: str, y: str) -> Response:
    if not versions.knows(layer) or tile_id(z, x, y) is None:
        abort(404)
    # Make the headers before the tile, so that a publication in between does not label an old tile with the new version.
    headers = versions.tile_headers(layer)
    # Put your own renderer here. This tile shows its version.
    body = vector_tile(layer, headers["X-Tile-Version"])
    return Response(body, mimetype="application/vnd.mapbox-vector-tile", headers=headers)


@app.template_global()
def versioned_url_for(endpoint: str, layer: str, **parameters) -> str:
    """`url_for` with the layer's version in the URL: {{ versioned_url_for('tile', layer='flood_zones', z=1, x=0, y=0) }}"""
    return versions.versioned(layer, url_for(endpoint, layer=layer, _external=True, **parameters))


@app.get("/tiles/<layer>/tile.json")
def tilejson(layer: str) -> Response:
    if not versions.knows(layer):
        abort(404)
    url = versioned_url_for("tile", layer, z=0, x=0, y=0)
    return jsonify(tilejson="3.0.0", tiles=[url.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf")])


@app.post("/api/publish")
def publish_endpoint() -> Response:
    raw = request.stream.read(MAX_BYTES + 1)
    status, answer = publish(raw, request.headers.get("Authorization"), versions)
    response = jsonify(answer)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
