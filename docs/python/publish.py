"""Tells an origin that a layer's data changed. Plain Python, for the end of a pipeline:
TILE_PUBLISH_TOKEN=... python3 publish.py https://tiles.example/api/publish flood_zones 3f2a9c1b [job-id]"""

import json
import os
import sys
import urllib.error
import urllib.request


def publish(url: str, token: str, publication: dict, timeout: float = 180) -> dict:
    """Returns the report; its `ok` says whether every step succeeded."""
    request = urllib.request.Request(
        url,
        data=json.dumps(publication).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        report = json.load(error)
        if "steps" in report:
            return report  # 502: a step failed; the version is out unless that step is `announce`.
        raise SystemExit(f"refused ({error.code}): {report['error']['message']}") from error


if __name__ == "__main__":
    url, layer, version, *rest = sys.argv[1:]
    report = publish(url, os.environ["TILE_PUBLISH_TOKEN"], {"layer": layer, "version": version, **({"id": rest[0]} if rest else {})})
    for step in report["steps"]:
        print("ok  " if step["ok"] else "FAIL", step["step"], step["detail"])
    sys.exit(0 if report["ok"] else 1)
