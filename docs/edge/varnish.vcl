vcl 4.1;
# A Varnish edge for tiles (7.x). It obeys max-age, stale-while-revalidate and stale-if-error in each tile's own
# Cache-Control, and purges by tag or by URL. Start varnishd with the token in its environment:
#   TILE_PURGE_TOKEN=... varnishd -f varnish.vcl ...

import purge;
import std;

backend origin {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 2s;
    .first_byte_timeout = 15s;
    # The event stream sends a heartbeat every 20 s, so a stream that is silent for longer is dead.
    .between_bytes_timeout = 60s;
}

# Addresses that may purge. They also need the token.
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
    # Prometheus scrapes the origin itself. Refuse `metrics` at the end of any path, also after a backslash: the origin may
    # read /tiles/../metrics as /metrics.
    if (req.url ~ "^[^?#]*[/\\]metrics([?#]|$)") {
        return (synth(404, "Not Found"));
    }
    if (req.url !~ "^/tiles/") {
        return (pass);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # Do not store tiles of single users.
    if (req.http.Authorization) {
        return (pass);
    }
    unset req.http.Cookie;
    # Second round (see vcl_hit): the stored tile may be shown only if the origin fails, so wait for the origin's answer.
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
        # Look the tile up, so that vcl_hit and vcl_miss can count the purged tiles.
        set req.http.X-Edge-Purged = "0";
        set req.hash_ignore_busy = true;
        return (hash);
    }
    # Let only a tag into the ban's expression: printable, without space and comma, and with special characters escaped.
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
    # Varnish's own code follows: it does not store private, no-store and no-cache.
}

sub tile_response {
    if (beresp.status >= 500) {
        # Never replace a tile that may still be shown.
        if (bereq.is_bgfetch || bereq.http.X-Edge-Renew) {
            return (abandon);
        }
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    # Varnish itself reads max-age, s-maxage and stale-while-revalidate (as grace). This reads stale-if-error.
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

# Counts 0 if the purge names another host or another query than browsers do.
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
    # A stale tile: show it at once within stale-while-revalidate (Varnish renews it in the background), or after the origin
    # has failed. Otherwise start a second round.
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
    # This tile is never stored.
    if (req.method == "PURGE") {
        return (synth(200, "Purged"));
    }
}

sub vcl_synth {
    # Prove to the purger that this Varnish has purged: any other server might answer 200, too.
    if (resp.status == 200 && (resp.reason == "Purged" || resp.reason == "Banned")) {
        set resp.http.X-Tile-Purge = resp.reason;
        if (req.http.X-Edge-Purged) {
            set resp.http.X-Tile-Purged = req.http.X-Edge-Purged;
        }
    }
    # The origin has failed, and an old tile is stored: stale-if-error.
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
