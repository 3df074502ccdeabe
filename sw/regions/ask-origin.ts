import { encodeMeta } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';
import type { FillTools, Limits } from './fill-tools';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { type Answered, readOutcome } from './read-outcome';

export type { Answered, Trouble } from './read-outcome';

/** Milliseconds for one tile. */
const TILE_MS = 30_000;

/**
 * Requests a tile from the origin, once, together with all other callers that request it; stores nothing. `looked`: what
 * a lookup has just found.
 */
export async function askOrigin(
  asked: Wanted,
  tools: Pick<FillTools, 'lookup' | 'flights' | 'ledger' | 'env' | 'now' | 'sleep' | 'pace' | 'rate'>,
  { signal }: Pick<Limits, 'signal'>,
  validate: boolean,
  looked?: Found,
): Promise<Answered> {
  const { lookup, flights, ledger } = tools;
  const { request, subject } = asked;
  const { archive } = subject.layer;
  if (signal.aborted) return { kind: 'aborted' };
  const turn = () => tools.pace(new URL(archive!, request.url).href);
  const address = archive === undefined || tools.rate === undefined ? asked.address : { ...asked.address, turn };
  const wanted = { ...asked, address, policy: { ...asked.policy, noCache: validate } };
  const limit = new AbortController();
  const ended = new Promise<undefined>((resolve) =>
    limit.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  const abort = () => limit.abort();
  signal.addEventListener('abort', abort, { once: true });
  let over = false;
  try {
    // This wait does not count as the host's time. One request to an archive brings many tiles: it takes the turn itself.
    if (archive === undefined) await Promise.race([tools.pace(request.url), ended]);
    void tools.sleep(TILE_MS).then(() => !over && abort());
    for (let round = 0; round < 5 && !limit.signal.aborted; round += 1) {
      const isCurrent = round === 0 && looked?.state === ledger.state;
      const found = isCurrent ? looked! : await lookup(wanted);
      const joined = await flights.join(wanted, found, { background: true, bulk: true });
      if (!joined) continue;
      const leave = flights.wait(joined.exchange, limit.signal);
      // The request goes on beyond the limit if a map waits for it, too.
      const outcome = await Promise.race([joined.exchange.outcome, ended]);
      leave();
      if (signal.aborted) return { kind: 'aborted' };
      if (!outcome) break;
      // The request gave way to a map, or was overtaken: nobody is to blame.
      if (outcome.kind === 'failure' && /^(dropped|aborted)$/.test(outcome.reason) && !limit.signal.aborted) continue;
      return readOutcome(outcome, asked, tools);
    }
  } finally {
    over = true;
    signal.removeEventListener('abort', abort);
  }
  return signal.aborted ? { kind: 'aborted' } : { kind: 'trouble', reason: 'timeout' };
}

/** A tile as a pack's table has it. */
export const written = ({ status, headers, meta }: Tile) => ({
  status,
  headers: [...headers] as Array<[string, string]>,
  meta: encodeMeta(meta),
});
