import { randomId } from '../page/random-id';
import type { TabStorage } from '../client/reload-budget';
import { attempt } from '../page/env';
import { HEAL_KINDS, type HealKind, type HealthReport } from '../shared/health-schema';
import type { KeepAlive, KeepAliveOptions, KioskClient } from './types';

const MINUTE = 60_000;
/** Milliseconds in which a browser says how full its storage is: storage that hangs is no reason to be silent. */
const STORAGE_WITHIN = 5000;

/** What a report is made from, besides the client. */
export interface HealthParts {
  now(): number;
  storage(): Promise<HealthReport['storage'] | undefined>;
  sleep(milliseconds: number): Promise<void>;
  /** What survives a reload: a page that heals itself by one is gone before it reports that. */
  session?: TabStorage | undefined;
}

/** Where counts lie between two pages. */
const KEY = 'tile-cache-health';
/** More of a kind are not counted: no collector takes them. */
const MOST = 100_000;

type Counts = Pick<HealthReport, 'heals' | 'errors'>;

/** Makes reports; what was counted begins anew with each that has arrived. */
export function createReporter(
  name: string,
  client: Pick<KioskClient, 'status'>,
  { now, storage, sleep, session }: HealthParts,
) {
  const heals = new Map<HealKind, number>();
  let errors = 0;
  const healed = (remedy: HealKind, count = 1) =>
    void heals.set(remedy, Math.min(MOST, (heals.get(remedy) ?? 0) + count));
  const failed = (count = 1) => void (errors = Math.min(MOST, errors + count));
  const take = (): Counts => {
    const counts = { heals: [...heals].map(([remedy, count]) => ({ remedy, count })), errors };
    heals.clear();
    errors = 0;
    return counts;
  };
  const giveBack = (counts: Counts) => {
    for (const { remedy, count } of counts.heals) if (HEAL_KINDS.includes(remedy) && count > 0) healed(remedy, count);
    if (counts.errors > 0) failed(counts.errors);
  };
  let offlineSince: number | undefined;
  return {
    healed: (remedy: HealKind) => healed(remedy),
    failed: () => failed(),
    /** The report went nowhere, as most do while there is something to heal: the next one counts for it. */
    lost: giveBack,
    /** The page leaves, perhaps for good. */
    leave: () => attempt(() => session?.setItem(KEY, JSON.stringify(take()))),
    /** It has come, or has come back. */
    begin: () =>
      attempt(() => {
        const kept = JSON.parse(session?.getItem(KEY) ?? 'null') as Counts | null;
        session?.setItem(KEY, 'null');
        if (kept) giveBack(kept);
      }),
    async report(): Promise<HealthReport> {
      const { summary, offline, checkedAt, layers } = client.status();
      offlineSince = offline ? (offlineSince ?? now()) : undefined;
      const counts = take();
      const kept = await Promise.race([storage().catch(() => undefined), sleep(STORAGE_WITHIN)]);
      return {
        kind: 'health',
        schema: 1,
        id: randomId(),
        name,
        up: now(),
        missing: summary?.missing ?? 0,
        offline: offlineSince === undefined ? 0 : now() - offlineSince,
        ...counts,
        versions: Object.fromEntries(
          Object.entries(layers).flatMap(([layer, { version }]) => (version === undefined ? [] : [[layer, version]])),
        ),
        ...(summary?.age !== undefined && { oldest: summary.age }),
        ...(checkedAt !== undefined && summary?.checked !== undefined && { checked: summary.checked }),
        ...(kept && { storage: kept }),
      };
    },
  };
}

/** Sends a report a minute, and one at once. A report that does not arrive is not repeated: the next one counts for both. */
export function startHealth(
  { endpoint, name }: NonNullable<KeepAliveOptions['health']>,
  client: KioskClient,
  dog: Pick<KeepAlive, 'on'>,
): () => void {
  const url = new URL(endpoint, location.href);
  const reporter = createReporter(name, client, {
    now: () => performance.now() / 1000,
    storage: storageOf,
    sleep: (milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
    session: attempt(() => sessionStorage),
  });
  reporter.begin();
  // To another origin JSON would need a preflight.
  const type = url.origin === location.origin ? 'application/json' : 'text/plain';
  const send = async () => {
    const report = await reporter.report();
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(report),
      headers: { 'Content-Type': type },
      signal: AbortSignal.timeout(MINUTE / 2),
    }).catch(() => undefined);
    // A collector that is overloaded or being restarted; one that refuses a report would refuse it again.
    if (!response || response.status >= 500 || response.status === 429) reporter.lost(report);
  };
  const tick = () => void send().catch(() => {});
  const stopHeal = dog.on('heal', ({ remedy, done }) => {
    if (done) reporter.healed(remedy);
  });
  const onError = () => reporter.failed();
  addEventListener('pagehide', reporter.leave);
  addEventListener('pageshow', reporter.begin);
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onError);
  const timer = setInterval(tick, MINUTE);
  tick();
  return () => {
    stopHeal();
    clearInterval(timer);
    removeEventListener('pagehide', reporter.leave);
    removeEventListener('pageshow', reporter.begin);
    removeEventListener('error', onError);
    removeEventListener('unhandledrejection', onError);
  };
}

async function storageOf(): Promise<HealthReport['storage'] | undefined> {
  const { storage } = navigator as Partial<Navigator>;
  if (!storage?.estimate) return undefined;
  const { usage = 0, quota = 0 } = await storage.estimate();
  return { usage, quota, persisted: (await storage.persisted?.()) ?? false };
}
