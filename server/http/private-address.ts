import { networkOf } from './address';

/**
 * Returns whether the address is private, so that it cannot be a client's on the Internet: a proxy's, a container's,
 * this machine's.
 */
export function isPrivate(address: string): boolean {
  const network = networkOf(address);
  return (
    /^(10|127)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      network,
    ) ||
    /^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/i.test(network) ||
    network === '0:0:0:0::/64'
  );
}
