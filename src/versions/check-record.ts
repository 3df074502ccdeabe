import { attempt, type Env } from '../page/env';
import { hash } from '../page/hash';
import type { Settings } from '../page/options';
import type { ClientOrders } from '../shared/manifest';
import type { ErrorRecord } from '../shared/errors';
import type { Tabs } from '../page/tabs';
import type { Sightings } from './lower-revisions';
import type { BookEntries, Change } from './version-book';

/** What one tab tells the others. */
export interface CheckRecord {
  at: number;
  failures: number;
  /** The last check that the endpoint answered; what an older package wrote does not say it. */
  okAt?: number | undefined;
  book: BookEntries;
  /** Lower revisions that were seen. */
  lower?: Sightings;
  changes?: Change[];
  error?: ErrorRecord;
  /** What the origin asks of every page. */
  orders?: ClientOrders | undefined;
  /** Versions that came without a check; the rest is what the last one said. */
  news?: true;
}

/** Where tabs with the same worker and endpoint leave word of their checks. */
export interface CheckRecords {
  /** The name that all of them know. */
  readonly name: string;
  /** The last check of any tab. */
  stored(): CheckRecord | undefined;
  store(record: CheckRecord): void;
  /** Heard by the other tabs, once `listen` was called here and there. */
  tell(record: CheckRecord): void;
  listen(hear: (record: CheckRecord) => void): void;
}

/** Storage and channel may be forbidden, or full: then every tab checks for itself. */
export function createCheckRecords(
  env: Env & Pick<Tabs, 'broadcast' | 'storage'>,
  settings: Settings,
  closed: AbortSignal,
): CheckRecords {
  const name = nameOf(settings);
  let shared: BroadcastChannel | undefined;
  return {
    name,
    stored: () => attempt(() => readRecord(JSON.parse(env.storage?.getItem(name) ?? 'null'))),
    store: (record) => void attempt(() => env.storage?.setItem(name, JSON.stringify(record))),
    tell: (record) => void attempt(() => shared?.postMessage(record)),
    listen(hear) {
      shared = env.broadcast(name);
      if (!shared) return;
      shared.onmessage = ({ data }) => {
        const record = readRecord(data);
        if (record && !closed.aborted) hear(record);
      };
      closed.addEventListener('abort', () => shared?.close());
    },
  };
}

function readRecord(value: unknown): CheckRecord | undefined {
  const { at, failures, book } = (value ?? {}) as Partial<CheckRecord>;
  const sound = typeof at === 'number' && typeof failures === 'number' && Array.isArray(book);
  return sound && book.every((entry) => typeof entry?.[0] === 'string' && typeof entry[1]?.version === 'string')
    ? (value as CheckRecord)
    : undefined;
}

/** Pages with the same worker and endpoint share checks. Hashed: an address may hold a secret. */
function nameOf({ serviceWorker, registration, versions }: Settings): string {
  return `tile-cache:${hash([versions?.url, serviceWorker, registration?.scope].join(' '))}`;
}
