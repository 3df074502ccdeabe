import { leadsAway } from '../http/safe-path';

/** A tile server, and how its paths come from ours. */
export interface Upstream {
  origin: string;
  /** What stands before each path; with `strip` it ends in a slash. */
  base: string;
  /** `/tiles/` is ours: the upstream gets what stands behind it. */
  strip: boolean;
}

const OURS = '/tiles/';

/** The upstream's path of one of ours; `undefined`: it has none. */
export function upstreamPath({ base, strip }: Upstream, pathname: string): string | undefined {
  if (!strip) return base + pathname;
  return pathname.startsWith(OURS) ? base + pathname.slice(OURS.length) : undefined;
}

/**
 * Where a redirect of the upstream leads, as a path of ours. `undefined`: to another host, out of the upstream's base, or to
 * what a browser would read as another host (`//elsewhere`). Nobody follows it then, neither this process nor the client.
 * `host` is the name under which the client asked: an upstream that believes `X-Forwarded-Host` names that one.
 */
export function redirectPath(
  upstream: Upstream,
  location: string,
  asked: string,
  host: string | null,
): string | undefined {
  const from = upstream.origin + asked;
  if (!URL.canParse(location, from)) return undefined;
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol) || (to.origin !== upstream.origin && to.host !== host)) return undefined;
  if (!to.pathname.startsWith(upstream.base)) return undefined;
  const path = (upstream.strip ? OURS : '') + to.pathname.slice(upstream.base.length);
  if (!/^\/(?![/\\])/.test(path) || leadsAway(path)) return undefined;
  return path + to.search;
}
