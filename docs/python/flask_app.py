"""A tile origin with Flask. Start it with: flask --app flask_app run"""

import hmac
import os

from flask import Flask, Response, abort, jsonify, request, url_for

from tile_versions import TileVersions, check_range, dataset_version, etag_matches

# In place of a database: what the tiles are made from.
DATA = {"flood_zones": b"first edition"}

versions = TileVersions({"flood_zones": "poi"}, path=os.environ.get("TILE_VERSIONS_FILE"))
versions.publish("flood_zones", dataset_version(DATA["flood_zones"]))

app = Flask(__name__)


@app.get("/api/tile-version")
def tile_version() -> Response:
    body, etag = versions.manifest()
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if etag_matches(request.headers.get("If-None-Match"), etag):
        return Response(status=304, headers=headers)
    return Response(body, mimetype="application/json", headers=headers)


@app.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.pbf")
def tile(layer: str, z: int, x: int, y: int) -> Response:
    if layer not in DATA:
        abort(404)
    # Headers come before the tile: a publication in between must not put the new version on old bytes.
    headers = versions.tile_headers(layer)
    return Response(DATA[layer] + f" {z}/{x}/{y}".encode(), mimetype="application/x-protobuf", headers=headers)


@app.template_global()
def versioned_url_for(endpoint: str, layer: str, **parameters) -> str:
    """`url_for` that versions: {{ versioned_url_for('tile', layer='flood_zones', z=1, x=0, y=0) }}"""
    return versions.versioned(layer, url_for(endpoint, layer=layer, _external=True, **parameters))


@app.get("/tiles/<layer>/tile.json")
def tilejson(layer: str) -> Response:
    url = versioned_url_for("tile", layer, z=0, x=0, y=0)
    return jsonify(tilejson="3.0.0", tiles=[url.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf")])


@app.post("/api/publish")
def publish() -> Response:
    token = os.environ.get("TILE_PUBLISH_TOKEN", "")
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    change = request.get_json()
    if change["layer"] not in DATA:
        abort(404)
    try:
        check_range(change.get("bbox"), None)
    except ValueError as error:
        abort(400, str(error))
    DATA[change["layer"]] = change["data"].encode()
    version = dataset_version(DATA[change["layer"]])
    # Here belongs the purge of the CDN, before the announcement.
    revision = versions.publish(change["layer"], version, bbox=change.get("bbox"))
    return jsonify(layer=change["layer"], version=version, revision=revision)
