import { isInteger, refuse } from '../../src/shared/validate';
import type { RequestContext } from './http';

/** Returns the client's address for rate limits, or `undefined` if it is unknown. */
export type AddressOf = (request: Request, context?: RequestContext) => string | undefined;

/** Returns the peer's address as the adapter gives it. Use it if no proxy stands in front of the origin. */
export const peerAddress: AddressOf = (_request, context) => context?.address;

/**
 * Creates a function that returns the client's address from `X-Forwarded-For`: the entry that the `proxies`-th proxy,
 * counted from the origin, has written. It ignores entries further left, because the client can forge them, and falls
 * back to the peer's address. Throws `INVALID_OPTION` unless `proxies` is an integer from 1 to 16.
 */
export function forwardedAddress(proxies = 1): AddressOf {
  if (!isInteger(proxies, 1, 16))
    refuse('INVALID_OPTION', 'proxies', 'an integer from 1 to 16', 'Without a proxy, leave addressOf out.');
  return (request, context) => {
    const hops = (request.headers.get('x-forwarded-for') ?? '')
      .split(',')
      .map((hop) => hop.trim())
      .filter(Boolean);
    return hops.at(-proxies) ?? context?.address;
  };
}

/**
 * Returns the key that rate limits use for an address: the IPv4 address, or the /64 of an IPv6 address, because one
 * connection can send from every address of its /64. It drops ports and zones, and returns anything else unchanged.
 */
export function networkOf(address: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const literal = `http://[${bare.replace(/%.*$/, '')}]`;
  if (!bare.includes(':') || !URL.canParse(literal)) return bare;
  // The URL parser writes every form of an address in the same way, with at most one `::`.
  const [before = [], behind = []] = new URL(literal).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const groups = [...before, ...new Array<string>(8 - before.length - behind.length).fill('0'), ...behind];
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`;
  const [high, low] = groups.slice(6).map((group) => parseInt(group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
