import type { RequestContext } from './http';

/** Tells clients apart for rate limits; `undefined` when unknown. */
export type AddressOf = (request: Request, context?: RequestContext) => string | undefined;

/** The peer's address, as the adapter gives it. Right when no proxy stands before the origin. */
export const peerAddress: AddressOf = (_request, context) => context?.address;

/**
 * The address that the `proxies`-th proxy counted from the origin wrote into `X-Forwarded-For`.
 * What stands further left was written by whoever sent the request, and is not believed.
 */
export function forwardedAddress(proxies = 1): AddressOf {
  return (request, context) => {
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim()).filter(Boolean);
    return hops.at(-proxies) ?? context?.address;
  };
}
