import { leadsAway } from '../http/safe-path';

/** A tile server, and the mapping of paths to it. */
export interface Upstream {
  origin: string;
  /** The prefix of each path; with `strip` it ends in a slash. */
  base: string;
  /** Whether to remove `/tiles/` from the path before it is sent to the upstream. */
  strip: boolean;
}

const OURS = '/tiles/';

/** Returns the upstream's path for one of this server's, or `undefined` if there is none. */
export function upstreamPath({ base, strip }: Upstream, pathname: string): string | undefined {
  if (!strip) return base + pathname;
  return pathname.startsWith(OURS) ? base + pathname.slice(OURS.length) : undefined;
}

/**
 * Returns the target of an upstream's redirect as a path of this server. Returns `undefined` if it leads to another
 * host, out of the upstream's base, or to something that a browser would read as another host (`//elsewhere`); then
 * neither this process nor the client follows it. `host`: the name that the client requested, because an upstream that
 * trusts `X-Forwarded-Host` redirects to it.
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
