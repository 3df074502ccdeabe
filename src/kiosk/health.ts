import { randomId } from '../page/random-id';
import type { HealKind, HealthReport } from '../shared/health-schema';
import type { KeepAlive, KeepAliveOptions, KioskClient } from './types';

const MINUTE = 60_000;

/** What a report is made from, besides the client. */
export interface HealthParts {
  now(): number;
  storage(): Promise<HealthReport['storage'] | undefined>;
}

/** Makes reports; what was counted begins anew with each. */
export function createReporter(name: string, client: Pick<KioskClient, 'status'>, { now, storage }: HealthParts) {
  const heals = new Map<HealKind, number>();
  let errors = 0;
  let offlineSince: number | undefined;
  return {
    healed: (remedy: HealKind) => void heals.set(remedy, (heals.get(remedy) ?? 0) + 1),
    failed: () => void (errors += 1),
    async report(): Promise<HealthReport> {
      const { summary, offline, checkedAt, layers } = client.status();
      offlineSince = offline ? (offlineSince ?? now()) : undefined;
      const counted = [...heals].map(([remedy, count]) => ({ remedy, count }));
      heals.clear();
      const seen = errors;
      errors = 0;
      const kept = await storage().catch(() => undefined);
      return {
        kind: 'health',
        schema: 1,
        id: randomId(),
        name,
        up: now(),
        missing: summary?.missing ?? 0,
        offline: offlineSince === undefined ? 0 : now() - offlineSince,
        heals: counted,
        errors: seen,
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

/** Sends a report a minute, and one at once. A report that does not arrive is not repeated: the next one says more. */
export function startHealth(
  { endpoint, name }: NonNullable<KeepAliveOptions['health']>,
  client: KioskClient,
  dog: Pick<KeepAlive, 'on'>,
): () => void {
  const url = new URL(endpoint, location.href);
  const reporter = createReporter(name, client, { now: () => performance.now() / 1000, storage: storageOf });
  // To another origin JSON would need a preflight.
  const type = url.origin === location.origin ? 'application/json' : 'text/plain';
  const send = async () => {
    const body = JSON.stringify(await reporter.report());
    await fetch(url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
      signal: AbortSignal.timeout(MINUTE / 2),
    });
  };
  const tick = () => void send().catch(() => {});
  const stopHeal = dog.on('heal', ({ remedy, done }) => {
    if (done) reporter.healed(remedy);
  });
  const onError = () => reporter.failed();
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onError);
  const timer = setInterval(tick, MINUTE);
  tick();
  return () => {
    stopHeal();
    clearInterval(timer);
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
