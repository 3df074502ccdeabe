import { type AddressOf, networkOf, peerAddress } from '../http/address';
import { isPrivate } from '../http/private-address';

/** The options that limit the streams of one address. */
interface AddressLimit {
  maxPerAddress?: number;
  addressOf?: AddressOf;
}

/** Counts streams by address. */
export function createStreamsByAddress({ maxPerAddress = 200, addressOf }: AddressLimit) {
  const counts = new Map<string, number>();
  return {
    of(...[request, context]: Parameters<AddressOf>): string | undefined {
      const address = (addressOf ?? peerAddress)(request, context);
      return address === undefined || (!addressOf && isPrivate(address)) ? undefined : networkOf(address);
    },
    isFull: (address: string | undefined) => address !== undefined && (counts.get(address) ?? 0) >= maxPerAddress,
    take: (address: string | undefined) => {
      if (address !== undefined) counts.set(address, (counts.get(address) ?? 0) + 1);
    },
    give: (address: string | undefined) => {
      if (address === undefined) return;
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
  };
}
