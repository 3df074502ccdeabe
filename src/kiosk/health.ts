import { randomId } from '../page/random-id';
import type { TabStorage } from '../client/reload-budget';
import { attempt } from '../page/env';
import { HEAL_KINDS, MAX_HEALTH_VERSIONS, type HealKind, type HealthReport } from '../shared/health-schema';
import type { KeepAlive, KeepAliveOptions, KioskClient } from './types';

const MINUTE = 60_000;
/** Milliseconds to wait for the browser's storage estimate. If storage hangs, the report is sent without it. */
const STORAGE_WITHIN = 5000;

/** The sources of a report, in addition to the client. */
export interface HealthParts {
  now(): number;
  storage(): Promise<HealthReport['storage'] | undefined>;
  sleep(milliseconds: number): Promise<void>;
  /** Storage that survives a reload, because a page that heals itself by a reload is gone before it reports that. */
  session?: TabStorage | undefined;
}

/** The key of the counts that one page leaves for the next. */
const KEY = 'tile-cache-health';
/** The highest count of a kind that the collector accepts. */
const MOST = 100_000;

type Counts = Pick<HealthReport, 'heals' | 'errors'>;

/** Creates the reporter. Its counts start anew after each report that arrives. */
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
    /** Takes the counts of a lost report back, so that the next one includes them. */
    lost: giveBack,
    /** Saves the counts when the page is left, perhaps for good. */
    leave: () => attempt(() => session?.setItem(KEY, JSON.stringify(take()))),
    /** Restores the counts that the previous page left, when the page is shown for the first time or again. */
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
        // The collector refuses a report with more, and would then call this kiosk silent.
        versions: Object.fromEntries(
          Object.entries(layers)
            .flatMap(([layer, { version }]) => (version === undefined ? [] : [[layer, version]]))
            .slice(0, MAX_HEALTH_VERSIONS),
        ),
        ...(summary?.age !== undefined && { oldest: summary.age }),
        ...(checkedAt !== undefined && summary?.checked !== undefined && { checked: summary.checked }),
        ...(kept && { storage: kept }),
      };
    },
  };
}

/** Sends a report at once and then one a minute. A failed report is not repeated: the next one includes its counts. */
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
  // To another origin, JSON would need a preflight.
  const type = url.origin === location.origin ? 'application/json' : 'text/plain';
  const send = async () => {
    const report = await reporter.report();
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(report),
      headers: { 'Content-Type': type },
      signal: AbortSignal.timeout(MINUTE / 2),
    }).catch(() => undefined);
    // An overloaded or restarting collector may accept the counts later. One that refuses a report would refuse it
    // again.
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
