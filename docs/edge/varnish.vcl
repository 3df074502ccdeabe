vcl 4.1;
# Tiles at a Varnish edge (7.x): freshness, stale-while-revalidate and stale-if-error as each tile's own Cache-Control says,
# purged by tag or by URL. Start varnishd with the token in its environment: TILE_PURGE_TOKEN=... varnishd -f varnish.vcl ...

import purge;
import std;

backend origin {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 2s;
    .first_byte_timeout = 15s;
    # The event stream beats every 20 s: a longer silence means that it is dead.
    .between_bytes_timeout = 60s;
}

# Who may purge, besides knowing the token.
acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.X-Edge-Stale;
        unset req.http.X-Edge-Renew;
        unset req.http.X-Edge-Purged;
    }
    if (req.method == "PURGE") {
        call tile_purge;
    }
    # Metrics are for Prometheus, which asks the origin itself. Anywhere in the path, and with a backslash: what the origin
    # makes of /tiles/../metrics is /metrics.
    if (req.url ~ "^[^?#]*[/\\]metrics([?#]|$)") {
        return (synth(404, "Not Found"));
    }
    if (req.url !~ "^/tiles/") {
        return (pass);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # A private tile is nobody else's.
    if (req.http.Authorization) {
        return (pass);
    }
    unset req.http.Cookie;
    # Second round of a tile that is too stale to show unless the origin fails: ask, and wait for the answer.
    if (req.http.X-Edge-Renew) {
        set req.grace = 0s;
    }
    if (req.http.X-Edge-Stale) {
        set req.grace = 3650d;
    }
    return (hash);
}

sub tile_purge {
    if (client.ip !~ purgers || std.getenv("TILE_PURGE_TOKEN") == "" || req.http.X-Purge-Token != std.getenv("TILE_PURGE_TOKEN")) {
        return (synth(403, "Forbidden"));
    }
    if (!req.http.X-Cache-Tag) {
        if (req.http.X-Purge-Host) {
            set req.http.Host = req.http.X-Purge-Host;
        }
        # By way of the look-up, so that it can be told how many were there.
        set req.http.X-Edge-Purged = "0";
        set req.hash_ignore_busy = true;
        return (hash);
    }
    # Nothing but a tag may enter the ban's expression: printable, no space, no comma, and nothing in it means more than itself.
    if (req.http.X-Cache-Tag !~ "^[!-+\--~]+$") {
        return (synth(400, "Bad tag"));
    }
    set req.http.X-Cache-Tag = regsuball(req.http.X-Cache-Tag, "([^A-Za-z0-9])", "\\\1");
    if (std.ban("obj.http.Surrogate-Key ~ (^|\s)" + req.http.X-Cache-Tag + "(\s|$)")) {
        return (synth(200, "Banned"));
    }
    return (synth(500, std.ban_error()));
}

sub vcl_backend_response {
    if (bereq.url ~ "^/tiles/") {
        call tile_response;
    }
    # What follows is Varnish's own: it keeps nothing that is private, no-store or no-cache.
}

sub tile_response {
    if (beresp.status >= 500) {
        # Never in the place of a tile that may still be shown.
        if (bereq.is_bgfetch || bereq.http.X-Edge-Renew) {
            return (abandon);
        }
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    # Varnish itself reads max-age, s-maxage and stale-while-revalidate (as grace); stale-if-error is ours.
    set beresp.http.X-Edge-SWR = "0s";
    if (beresp.http.Cache-Control ~ "(?i)stale-while-revalidate=\d+") {
        set beresp.http.X-Edge-SWR = regsub(beresp.http.Cache-Control, "(?i)^.*stale-while-revalidate=(\d{1,8}).*$", "\1s");
    } else {
        set beresp.grace = 0s;
    }
    if (beresp.http.Cache-Control ~ "(?i)stale-if-error=\d+") {
        set beresp.http.X-Edge-SIE = regsub(beresp.http.Cache-Control, "(?i)^.*stale-if-error=(\d{1,8}).*$", "\1s");
        if (std.duration(beresp.http.X-Edge-SIE, 0s) > beresp.grace) {
            set beresp.grace = std.duration(beresp.http.X-Edge-SIE, 0s);
        }
    }
    if (beresp.http.Cache-Control ~ "(?i)must-revalidate|proxy-revalidate") {
        set beresp.grace = 0s;
    }
}

# None where a purge names another host, or another query, than browsers do.
sub tile_drop {
    set req.http.X-Edge-Purged = purge.hard();
    return (synth(200, "Purged"));
}

sub vcl_hit {
    if (req.method == "PURGE") {
        call tile_drop;
    }
    if (obj.ttl >= 0s) {
        return (deliver);
    }
    # Stale: shown at once inside stale-while-revalidate (Varnish renews it behind), or after the origin failed.
    if (req.http.X-Edge-Stale || obj.ttl + std.duration(obj.http.X-Edge-SWR, 0s) > 0s) {
        return (deliver);
    }
    set req.http.X-Edge-Renew = "1";
    return (restart);
}

sub vcl_miss {
    if (req.method == "PURGE") {
        call tile_drop;
    }
}

sub vcl_pass {
    # What is never kept.
    if (req.method == "PURGE") {
        return (synth(200, "Purged"));
    }
}

sub vcl_synth {
    # The proof for the purger that this Varnish did it, and not somebody else who answers 200.
    if (resp.status == 200 && (resp.reason == "Purged" || resp.reason == "Banned")) {
        set resp.http.X-Tile-Purge = resp.reason;
        if (req.http.X-Edge-Purged) {
            set resp.http.X-Tile-Purged = req.http.X-Edge-Purged;
        }
    }
    # The origin failed and an old tile stands by: stale-if-error.
    if (resp.status == 503 && req.http.X-Edge-Renew && !req.http.X-Edge-Stale) {
        unset req.http.X-Edge-Renew;
        set req.http.X-Edge-Stale = "1";
        return (restart);
    }
}

sub vcl_backend_error {
    if (bereq.http.X-Edge-Renew) {
        return (abandon);
    }
}

sub vcl_deliver {
    if (req.url ~ "^/tiles/") {
        if (req.http.X-Edge-Stale && resp.status < 500) {
            set resp.http.Cache-Status = "varnish; fwd=stale; detail=stale-if-error";
        } elsif (obj.hits > 0) {
            set resp.http.Cache-Status = "varnish; hit";
        } else {
            set resp.http.Cache-Status = "varnish; fwd=miss";
        }
    }
    unset resp.http.Surrogate-Key;
    unset resp.http.Cache-Tag;
    unset resp.http.X-Edge-SWR;
    unset resp.http.X-Edge-SIE;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
}
