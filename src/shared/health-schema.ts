import { TileCacheError } from './errors';
import { having, isInteger, isVersion, list, own, isRecord, record, rule, text, word, type Read } from './validate';

/** A kiosk's report of its own health. It goes to the collector of beacons, which recognises it by `kind`. */
export interface HealthReport {
  kind: 'health';
  schema: 1;
  /** The report's id. The collector counts a repeated report once. */
  id: string;
  /** The kiosk's name, as the operator chose it. */
  name: string;
  /** Seconds since the page was loaded. */
  up: number;
  /** Age of the oldest tile on the screen, in seconds. Absent if unknown. */
  oldest?: number;
  /** Number of tiles missing on the screen. */
  missing: number;
  /** Seconds without a network; 0 if there is one. */
  offline: number;
  /** Seconds since the last successful version check. Absent before the first. */
  checked?: number;
  /** Bytes used and allowed, and whether the browser has promised to keep them. */
  storage?: { usage: number; quota: number; persisted: boolean };
  /** The repairs since the last report. */
  heals: Array<{ remedy: HealKind; count: number }>;
  /** Uncaught errors since the last report. */
  errors: number;
  /** The versions in force, by layer; at most 100. */
  versions: Record<string, string>;
}

export const HEAL_KINDS = ['refresh', 'redraw', 'check', 'update', 'replace', 'reload'] as const;
export type HealKind = (typeof HEAL_KINDS)[number];

const seconds = rule<number>(
  (value) => typeof value === 'number' && value >= 0 && value <= 315_576_000,
  'seconds, up to ten years',
);
const bytes = rule<number>((value) => isInteger(value, 0), 'bytes');
const count = rule<number>((value) => isInteger(value, 0, 100_000), 'an integer up to 100,000');
const flag = rule<boolean>((value) => typeof value === 'boolean', 'true or false');
/** Maximum number of versions in a report. */
export const MAX_HEALTH_VERSIONS = 100;
const versions: Read<Record<string, string>> = (value, field, code) => {
  const entries = isRecord(value) ? Object.entries(value) : [];
  const sound = isRecord(value) && entries.length <= MAX_HEALTH_VERSIONS;
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!sound || !entries.every(([layer, version]) => layer.length <= 128 && isVersion(version)))
    throw new TileCacheError({ code, field, message: `${field} must be versions`, remedy: `Correct ${field}.` });
  for (const [layer, version] of entries) result[layer] = version as string;
  return result;
};
const storage = record<NonNullable<HealthReport['storage']>>({ usage: bytes, quota: bytes, persisted: flag });
const heal = record<HealthReport['heals'][number]>({ remedy: word(...HEAL_KINDS), count });
const report = record<HealthReport>({
  kind: word('health'),
  schema: rule<1>((value) => value === 1, '1'),
  id: text(/^[\x21-\x7e]{1,128}$/, 'an identifier'),
  name: text(/^[\w .:-]{1,64}$/, '1 to 64 letters, digits, spaces or . : _ -'),
  up: seconds,
  oldest: seconds,
  missing: count,
  offline: seconds,
  checked: seconds,
  storage: having(storage, 'usage', 'quota', 'persisted'),
  heals: list(having(heal, 'remedy', 'count'), 0, HEAL_KINDS.length),
  errors: count,
  versions,
});
const NEEDED = ['kind', 'schema', 'id', 'name', 'up', 'missing', 'offline', 'heals', 'errors', 'versions'] as const;

/** Returns true for a value that claims to be a health report. */
export const isHealth = (value: unknown): boolean => isRecord(value) && own(value, 'kind') === 'health';

/** Checks a report field by field. Throws `INVALID_BEACON`, which names the field. */
export const parseHealth = (value: unknown): HealthReport => having(report, ...NEEDED)(value, '', 'INVALID_BEACON');
