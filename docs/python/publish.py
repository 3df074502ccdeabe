"""Tells an origin that a layer's data changed. Plain Python, for the end of a pipeline:
TILE_PUBLISH_TOKEN=... python3 publish.py https://tiles.example/api/publish flood_zones 3f2a9c1b [job-id] [--sample=12/2200/1343 ...]
A sample is a changed tile that exists, which the origin then checks at the edge.
Exit codes: 0 published; 1 the version is published, but a step failed; 2 wrong usage; 3 refused; 4 the origin failed or
did not answer; as far as known, nothing was published."""

import http.client
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Failed(Exception):
    """The reason why there is no report. `code` is the exit code."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # Send the token to the named origin only, and never to where it redirects.


OPENER = urllib.request.build_opener(NoRedirect)


def check_url(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        parts = urllib.parse.urlsplit("")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Failed("the URL must be https, or http on this machine: the token would be read on the way", 2)
    return url


def read_until(response, end: float) -> bytes:
    """Reads a body. The socket's timeout is no limit for one that comes byte by byte."""
    parts = []
    while chunk := response.read1(65536):
        parts.append(chunk)
        if time.monotonic() > end:
            raise TimeoutError("the body took too long")
    if response.length:
        raise http.client.IncompleteRead(b"".join(parts), response.length)
    return b"".join(parts)


def ask(url: str, token: str, timeout: float, data: "dict | None" = None):
    """Sends a request. Returns the status, the body if it is JSON, and the address of a job."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    body = None
    if data is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(data).encode()
    request = urllib.request.Request(url, data=body, headers=headers)
    end = time.monotonic() + timeout
    try:
        with OPENER.open(request, timeout=timeout) as response:
            status, raw, location = response.status, read_until(response, end), response.headers.get("Location")
    except urllib.error.HTTPError as error:
        status, raw, location = error.code, read_until(error, end), error.headers.get("Location")
    try:
        return status, json.loads(raw), location
    except ValueError:
        return status, None, location


def is_report(answer) -> bool:
    steps = answer.get("steps") if isinstance(answer, dict) else None
    return isinstance(steps, list) and all(isinstance(step, dict) for step in steps)


def refused(status: int, answer, location: "str | None" = None) -> Failed:
    if 300 <= status < 400:
        place = (location or "another address").split("?")[0]
        return Failed(f"the origin redirects ({status}), and the token must not follow; if it is yours, give {place}", 3)
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else "no publish endpoint answers there"
    return Failed(f"refused ({status}): {message}", 3 if status < 500 else 4)


def publish(url: str, token: str, publication: dict, timeout: float = 180) -> dict:
    """Publishes, and waits for the end. Returns the report; its `ok` says whether every step succeeded. Raises `Failed` if the origin
    refuses, or does not answer within `timeout` seconds."""
    check_url(url)
    end = time.monotonic() + timeout
    try:
        status, answer, location = ask(url, token, timeout, publication)
        if status == 202 and location:
            job_url = urllib.parse.urljoin(url, location)
            if urllib.parse.urlsplit(job_url)[:2] != urllib.parse.urlsplit(url)[:2]:
                raise Failed("the job is at another origin", 4)
            return follow(job_url, token, end)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Failed(f"the origin did not answer: {type(error).__name__}", 4) from error
    if is_report(answer):
        return answer  # 502: a step failed; the version is announced unless that step is `ready` or `announce`.
    raise refused(status, answer, location)


def follow(url: str, token: str, end: float) -> dict:
    """Requests the state of a job until it has ended. Repeats requests that fail."""
    unknown = 0
    while time.monotonic() < end:
        try:
            status, answer, _ = ask(url, token, 15)
        except (OSError, http.client.HTTPException):
            status, answer = 503, None
        job = answer.get("job") if isinstance(answer, dict) else None
        job = job if isinstance(job, dict) else None
        if job and is_report(job.get("report")):
            return job["report"]
        if job and job.get("state") == "failed":
            raise refused(400, {"error": job.get("error")})
        # Another instance may have answered, or the one with the job is restarting: try again.
        unknown = unknown + 1 if status == 404 else 0
        if unknown > 10:
            raise Failed("the origin no longer knows this job; publish again with the same id", 4)
        if not job and status < 500 and not unknown:
            raise refused(status, answer)
        time.sleep(1)
    raise Failed("the publication did not end in time; publish again with the same id", 4)


def plain(words: object) -> str:
    """Removes control characters, which a terminal would obey, from a text that somebody else may have written."""
    return "".join(each if each.isprintable() else " " for each in str(words))


def read_sample(argument: str) -> dict:
    parts = re.fullmatch(r"--sample=(\d{1,2})/(\d{1,10})/(\d{1,10})", argument, re.ASCII)
    if not parts:
        raise Failed("--sample must be z/x/y, such as --sample=12/2200/1343", 2)
    return dict(zip("zxy", map(int, parts.groups())))


def main(arguments: "list[str]") -> int:
    token = os.environ.get("TILE_PUBLISH_TOKEN", "").strip()
    words = [each for each in arguments if not each.startswith("--sample")]
    # Refuse other options: they would count as the id, and the whole layer would be published.
    if len(words) not in (3, 4) or any(each.startswith("-") for each in words) or not token:
        print(__doc__, file=sys.stderr)
        return 2
    if not re.fullmatch(r"[!-~]+", token):
        print("TILE_PUBLISH_TOKEN must be one word of printable ASCII", file=sys.stderr)
        return 2
    url, layer, version, *rest = words
    try:
        samples = [read_sample(each) for each in arguments if each.startswith("--sample")]
        publication = {"layer": layer, "version": version, **({"id": rest[0]} if rest else {}), **({"samples": samples} if samples else {})}
        report = publish(url, token, publication)
    except Failed as error:
        print(plain(error), file=sys.stderr)
        return error.code
    for step in report["steps"]:
        print("ok  " if step.get("ok") else "FAIL", plain(step.get("step")), plain(step.get("detail")))
    if report.get("ok") is True:
        return 0
    unpublished = any(step.get("step") in ("announce", "ready") and not step.get("ok") for step in report["steps"])
    return 4 if unpublished else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
