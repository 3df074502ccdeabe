import { isInteger, refuse } from '../../src/shared/validate';
import type { RequestContext } from './http';

/** Tells clients apart for rate limits; `undefined` when unknown. */
export type AddressOf = (request: Request, context?: RequestContext) => string | undefined;

/** The peer's address, as the adapter gives it. Right when no proxy stands before the origin. */
export const peerAddress: AddressOf = (_request, context) => context?.address;

/**
 * The address that the `proxies`-th proxy counted from the origin wrote into `X-Forwarded-For`.
 * What stands further left was written by whoever sent the request, and is not believed. Throws `INVALID_OPTION` for what
 * is no number of proxies: 0 would believe the sender, and so would `NaN`.
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
 * What an address is limited by: an IPv4 address, of an IPv6 address its /64. A /64 is one connection, from which
 * anybody sends under as many addresses as they like. Ports and zones do not count; what is no address stays as it is.
 */
export function networkOf(address: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const literal = `http://[${bare.replace(/%.*$/, '')}]`;
  if (!bare.includes(':') || !URL.canParse(literal)) return bare;
  // The URL parser writes every form of an address in one way, with one gap at most.
  const [before = [], behind = []] = new URL(literal).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const groups = [...before, ...new Array<string>(8 - before.length - behind.length).fill('0'), ...behind];
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`;
  const [high, low] = groups.slice(6).map((group) => parseInt(group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
