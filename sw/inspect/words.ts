import type { StoredFacts, TileInspection } from '../../src/shared/inspect';
import type { ResolvedLayer } from '../../src/shared/layer-options';

const UNITS: ReadonlyArray<[seconds: number, name: string]> = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
];

/** Formats a duration in seconds briefly: `3 h`. */
function elapsed(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'any time';
  const size = Math.abs(seconds);
  const [unit, name] = UNITS.find(([each]) => size >= 2 * each) ?? [1, 's'];
  return `${Math.round(seconds / unit)} ${name}`;
}

const FROM: Record<StoredFacts['lifetimeFrom'], string> = {
  'max-age': 'by max-age',
  expires: 'by Expires',
  layer: 'by the layer’s maxAge',
  heuristic: 'a tenth of the time since Last-Modified',
  negative: 'by negativeMaxAge: there is no tile',
  none: 'because nothing sets one',
};

/** Seconds. An age on arrival above this is worth reporting, because it exceeds the duration of a request. */
const OLD_ON_ARRIVAL = 10;

const OFF = {
  client: 'The network is switched off (client.network): the worker sends no requests, and answers with stored tiles.',
  inspector:
    'The inspector has switched the network off for this page: the worker sends no requests, and answers with stored tiles.',
};

/** Explains that the layer's lifetime has no effect because the response has its own. */
function unusedWords({ lifetimeFrom, lifetime }: StoredFacts, { maxAge, override, freshness }: ResolvedLayer) {
  const origins = lifetimeFrom === 'max-age' || lifetimeFrom === 'expires';
  if (maxAge === undefined || override || freshness === 'version' || !origins || maxAge === lifetime) return undefined;
  return `The layer’s maxAge (${elapsed(maxAge)}) has no effect: the response has its own lifetime, and override is not set.`;
}

function storedWords(stored: StoredFacts): string {
  const { bytes, type, status, age, ageKnown, ageOnArrival, lifetime, lifetimeFrom, version, region } = stored;
  const what = [type ?? 'no type', bytes === undefined ? 'size unknown' : `${bytes} bytes`, `status ${status}`];
  const old = ageKnown ? elapsed(age) : `at least ${elapsed(age)}`;
  const where = region === undefined ? '' : ` In the pack of region ${region}.`;
  const label = version ? `version ${version}` : 'no version';
  const came = ageOnArrival > OLD_ON_ARRIVAL ? ` It was ${elapsed(ageOnArrival)} old on arrival (Age, Date).` : '';
  return `Stored: ${what.join(', ')}, ${old} old, ${label}.${came} Lifetime ${elapsed(lifetime)}, ${FROM[lifetimeFrom]}.${where}`;
}

/** Describes an inspection in sentences, the most important first. */
export function inWords(
  { answer, stored, older, ledger, offline, network, last }: TileInspection,
  layer: ResolvedLayer,
): string[] {
  const { rfc, option, words } = answer.reason;
  const written = [rfc, option].filter(Boolean).join('; ');
  const by = ledger?.by && ledger.by.token !== answer.reason.token ? ledger.by.words : undefined;
  const waits =
    answer.kind === 'validate' && offline.shown && !network?.off
      ? `The page waits ${layer.patience} s for the origin, then gets the stored tile.`
      : undefined;
  const rule = ledger?.rule;
  return [
    written ? `${words} (${written})` : words,
    network?.off && OFF[network.off],
    waits,
    stored && storedWords(stored),
    stored && unusedWords(stored, layer),
    by,
    older &&
      `The worker has a tile of ${older.join(' and ') || 'an earlier version'}, which versionPolicy: 'discard' hides.`,
    rule &&
      `The rule: ${rule.mode} of ${rule.range ? 'a part' : 'the whole layer'}, epoch ${rule.epoch}; the tile has epoch ${stored?.epoch}.`,
    ledger && (ledger.version === undefined ? 'The layer has no version.' : `Version in force: ${ledger.version}.`),
    network?.dead ? 'The worker considers the layer’s network dead.' : undefined,
    last?.unstored && `The worker did not store the origin’s last response: ${last.unstored}.`,
    offline.reason.words,
  ].filter((each): each is string => Boolean(each));
}
