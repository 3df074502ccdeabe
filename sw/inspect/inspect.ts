import type { InspectToken, LedgerFacts, NetworkFacts, TileInspection } from '../../src/shared/inspect';
import type { InspectCommand } from '../../src/shared/inspect-commands';
import { requestPolicy } from '../http/request-directives';
import { type LedgerState, recordOf } from '../ledger/state';
import { ruleHolds, type RuleRange } from '../ledger/rule-range';
import type { Found } from '../lookup/found';
import { want, type Wanted } from '../lookup/wanted';
import type { Decision } from '../policy/decide';
import { decideOn } from '../request/handle-tile';
import { type Asked, askedFor } from './asked';
import { isKeptWhole } from './kept-whole';
import { whenOffline } from './offline';
import { type Look, look } from './read-only';
import { offlineReason, reasonOf } from './reasons';
import { secretsOf, without } from './safe';
import { storedFacts } from './stored-facts';
import type { InspectTools } from './tools';
import { inWords } from './words';

/** Reports a request's stored tile, the ledger's verdict, and the answer it would get now and why. Changes nothing. */
export async function inspect(
  tools: InspectTools,
  command: Extract<InspectCommand, { action: 'inspect' }>,
  lastOf: (key: string) => TileInspection['last'],
  simulated: boolean,
): Promise<TileInspection> {
  const asked = askedFor(tools, command);
  if (!asked) return passed('no-url');
  const { url, address } = asked;
  if (!address) return passed('no-layer');
  const inspection = await inspectAddress(tools, asked, address, lastOf, simulated);
  const secrets = secretsOf(address, url, asked.request.headers);
  return without({ ...inspection, words: inWords(inspection, address.layer) }, secrets);
}

/** Returns the inspection of a request that the worker leaves to the browser or passes to the network. */
function passed(token: InspectToken): TileInspection {
  const reason = reasonOf(token);
  return {
    answer: { kind: 'pass', reason },
    offline: { shown: false, reason: offlineReason('nothing-stored') },
    words: [reason.words],
  };
}

async function inspectAddress(
  tools: InspectTools,
  { url, request }: Asked,
  address: NonNullable<Asked['address']>,
  lastOf: (key: string) => TileInspection['last'],
  simulated: boolean,
): Promise<TileInspection> {
  const { layer, tile, key } = address;
  const last = lastOf(key);
  const named = { layer: layer.name, ...(tile && { tile }), key, ...(last && { last }) };
  const state = tools.ledger.state ?? (await tools.ledger.load());
  if (tools.forbidden(url)) return { ...passed('csp'), ...named };
  if (!state) return { ...passed('storage'), ...named };
  const wanted = await want(tools.digest, state, request, address, requestPolicy(request));
  const seen = await look(tools, wanted);
  const { found } = seen;
  const decision = decideOn(tools, wanted, found);
  const older = layer.versionPolicy === 'discard' && !found.stored ? await olderOf(tools, wanted, found) : [];
  return {
    ...named,
    answer: answerOf(decision, found, wanted),
    offline: whenOffline(tools, wanted, found, await isKeptWhole(tools, wanted, found)),
    ...(found.stored && { stored: factsOf(tools, wanted, seen) }),
    ...(older.length > 0 && { older }),
    ledger: ledgerOf(found, wanted),
    network: networkOf(tools.health.dead(layer.name), state.network, simulated),
    words: [],
  };
}

/**
 * In mode `unmetered` only a dead network tells that the connection is metered: the blocked requests have made it so.
 */
function networkOf(dead: boolean, mode: LedgerState['network'], simulated: boolean): NetworkFacts {
  const off = mode === 'off' || (mode === 'unmetered' && dead) ? 'client' : simulated ? 'inspector' : undefined;
  return { dead, ...(off && { off }) };
}

/** Resolves with the versions of the stored tiles that `versionPolicy: 'discard'` hides from a lookup. */
async function olderOf(
  { store }: InspectTools,
  { address, key, subject }: Wanted,
  { state }: Found,
): Promise<string[]> {
  const names = new Set((await store.list().catch(() => [])).map(({ name }) => name));
  const { kept } = recordOf(state, address.layer.name);
  const places = kept.map((version) => store.nameOf(address.layer.name, version, subject.partition));
  const tiles = await Promise.all(
    places.map(async (name) => (names.has(name) ? store.match(name, key).catch(() => undefined) : undefined)),
  );
  return tiles.flatMap((tile) => (tile ? [tile.meta.version] : []));
}

function answerOf(decision: Decision, found: Found, { address: { layer } }: Wanted): TileInspection['answer'] {
  const { kind, why } = decision;
  const reason = reasonOf(found.broken ? 'storage' : why, layer);
  if (kind === 'respond') {
    const { stale, ttl, validate } = decision;
    return { kind: stale ? 'stale' : 'hit', reason, ttl, validates: validate };
  }
  return { kind, reason, ...(kind === 'validate' && { ttl: decision.ttl }) };
}

function factsOf(tools: InspectTools, { address }: Wanted, { found, region }: Look) {
  const { tile } = found.stored!;
  const { cacheName = '', key = '' } = tile;
  return storedFacts(tile, address.layer, {
    now: tools.now(),
    ledger: found.state.id,
    memory: tools.memory.peek(cacheName, key) !== undefined,
    region,
  });
}

const MODES: Partial<Record<string, string>> = {
  purged: 'purge',
  'marked-stale': 'stale',
  'version-changed': 'version',
};

/** The range without its list of tiles, which is long and tells only that it contains this tile. */
const withoutList = ({ tiles: _, ...range }: RuleRange) => range;

function ledgerOf({ state, stored }: Found, { address }: Wanted): LedgerFacts {
  const { version, confirmedAt, rules } = recordOf(state, address.layer.name);
  const verdict = stored?.verdict;
  const covering = rules.filter(
    (rule) =>
      stored &&
      rule.mode === MODES[verdict?.by ?? ''] &&
      stored.tile.meta.epoch < rule.epoch &&
      (!rule.range || ruleHolds(rule.range, address.place)),
  );
  const rule = covering.at(-1);
  return {
    epoch: state.epoch,
    version,
    confirmedAt,
    confirmed: verdict?.confirmed,
    verdict: verdict?.rule ?? 'none',
    ...(verdict?.by && { by: reasonOf(verdict.by, address.layer) }),
    ...(rule && { rule: { ...rule, ...(rule.range && { range: withoutList(rule.range) }) } }),
  };
}
