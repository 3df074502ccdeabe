import { RESERVED } from '../../src/shared/address-key';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Digest } from '../util/digest';

/** Where a tile is stored. */
export interface TileKey {
  /** Hash of the layer's partition; its own caches. */
  partition: string;
  /** The key of the first variant. */
  key: string;
  /** The same without the credentials: one address, whoever asks. */
  url: string;
}

/** True for a URL that could pass for one of our keys. */
export const isReserved = (url: string) => url.includes(RESERVED);

/** The key of another variant: only found by way of the first one's group. */
export const variantKey = (key: string, variant: string, group: string) => `${key}~${variant}.${group}`;

/** The key itself where every hash is known, else a promise of it. `salt` makes hashes worthless elsewhere. */
export function tileKey(
  digest: Digest,
  salt: string,
  request: Request,
  address: TileAddress,
): TileKey | Promise<TileKey> {
  const { layer, key } = address;
  const name = typeof layer.partition === 'function' ? (layer.partition(request) ?? '') : (layer.partition ?? '');
  const secrets = layer.shareAcrossCredentials
    ? ''
    : `${address.secrets}${request.headers.has('authorization') ? `\n${request.headers.get('authorization')}` : ''}`;
  const sign = key.includes('?') ? '&' : '?';
  const made = (partition: string, hidden: string, hash: string): TileKey => {
    // Not known to be harmless, so neither in plain sight nor left out: it tells images apart.
    const url = `${key}${sign}${RESERVED}=${hidden && `${hidden}.`}`;
    return { partition, url, key: url + hash };
  };
  const partition = digest.peek(PARTITION_SALT, name);
  const hidden = digest.peek(salt, address.hidden);
  const hash = digest.peek(salt, secrets);
  if (partition !== undefined && hidden !== undefined && hash !== undefined) return made(partition, hidden, hash);
  const { of } = digest;
  return Promise.all([of(PARTITION_SALT, name), of(salt, address.hidden), of(salt, secrets)]).then((all) =>
    made(...all),
  );
}

/** Partitions are cleared by name, also after the ledger was lost: their hash does not depend on it. */
export const PARTITION_SALT = 'partition';
