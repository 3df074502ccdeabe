import { attempt, type Env } from '../page/env';
import { hash } from '../page/hash';
import type { Settings } from '../page/options';
import type { ClientOrders } from '../shared/manifest';
import type { ErrorRecord } from '../shared/errors';
import type { Tabs } from '../page/tabs';
import type { Sightings } from './lower-revisions';
import type { BookEntries, Change } from './version-book';

/** The record that one tab tells the others. */
export interface CheckRecord {
  at: number;
  failures: number;
  /** The time of the last successful check. Absent in records of older releases. */
  okAt?: number | undefined;
  book: BookEntries;
  /** The lower revisions seen so far. */
  lower?: Sightings;
  changes?: Change[];
  error?: ErrorRecord;
  /** The origin's orders to every page. */
  orders?: ClientOrders | undefined;
  /** Set if the versions came without a check. The other fields then describe the last check. */
  news?: true;
}

/** The place where tabs with the same worker and endpoint record their checks. */
export interface CheckRecords {
  /** The name that all these tabs share. */
  readonly name: string;
  /** Returns the last check of any tab. */
  stored(): CheckRecord | undefined;
  store(record: CheckRecord): void;
  /** Tells the other tabs, if both they and this tab have called `listen`. */
  tell(record: CheckRecord): void;
  listen(hear: (record: CheckRecord) => void): void;
}

/** Creates the records. Storage or the channel may be forbidden or full; then every tab checks for itself. */
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

/**
 * Names the records, so that pages with the same worker and endpoint share checks. The name is a hash, because an
 * address may hold a secret.
 */
function nameOf({ serviceWorker, registration, versions }: Settings): string {
  return `tile-cache:${hash([versions?.url, serviceWorker, registration?.scope].join(' '))}`;
}
