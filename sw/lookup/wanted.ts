import type { TileAddress } from '../../src/shared/tile-matcher';
import type { RequestPolicy } from '../http/request-directives';
import type { LedgerState } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { tileKey, type TileKey } from '../store/tile-key';
import type { Digest } from '../util/digest';

/** What a request wants: made once, and handed to all who look, ask and store. */
export interface Wanted {
  readonly request: Request;
  readonly address: TileAddress;
  /** What the request itself demands of a cache. */
  readonly policy: RequestPolicy;
  /** The key of the first variant of the version in force. */
  readonly key: string;
  /** What the ledger is asked about. */
  readonly subject: Subject;
  /** The ledger's epoch when the request came. */
  readonly since: number;
}

/** The wanted tile itself where every hash is known, else a promise of it. */
export function want(
  digest: Digest,
  state: LedgerState,
  request: Request,
  address: TileAddress,
  policy: RequestPolicy,
): Wanted | Promise<Wanted> {
  const made = ({ key, own, url, partition }: TileKey): Wanted => ({
    request,
    address,
    policy,
    key,
    subject: { layer: address.layer, tile: address.place, url, partition, asked: address.token, own },
    since: state.epoch,
  });
  const key = tileKey(digest, state.id, request, address);
  return key instanceof Promise ? key.then(made) : made(key);
}
