import { HEAL_KINDS, type HealthReport } from '../../src/shared/health-schema';
import { createCounter, createGauge, type Labels, type Metric } from './metrics';

/** Metrics from the health reports of kiosks. */
export interface HealthMetrics {
  add(report: HealthReport): void;
  /** Notes that the kiosk's last report went to another instance, which exports its state from then on. */
  elsewhere(kiosk: string, at: number, later: boolean): void;
  readonly all: readonly Metric[];
}

/**
 * Creates the metrics, with series for each kiosk that the operator named. Reports of others count only in
 * `tile_rum_beacons_total`, so that no sender can create series. Gauges of a silent kiosk keep their values;
 * `tile_kiosk_last_seen` shows the silence.
 */
export function createHealthMetrics(kiosks: readonly string[], now: () => number): HealthMetrics {
  const last = new Map<string, { report: HealthReport; at: number }>();
  const heals = createCounter('tile_kiosk_heals_total', 'What kiosks did about what was wrong.');
  const errors = createCounter('tile_kiosk_errors_total', 'Uncaught errors of kiosks.');
  for (const kiosk of kiosks) {
    errors.add({ kiosk }, 0);
    for (const remedy of HEAL_KINDS) heals.add({ kiosk, remedy }, 0);
  }
  const gauge = (name: string, help: string, read: (report: HealthReport, at: number) => number | undefined) =>
    createGauge(name, help, () =>
      [...last].flatMap(([kiosk, { report, at }]) => {
        const value = read(report, at);
        return value === undefined ? [] : [{ labels: { kiosk } as Labels, value }];
      }),
    );
  return {
    add(report) {
      const { name: kiosk } = report;
      if (!kiosks.includes(kiosk)) return;
      last.set(kiosk, { report, at: now() });
      errors.add({ kiosk }, report.errors);
      for (const { remedy, count } of report.heals) heals.add({ kiosk, remedy }, count);
    },
    elsewhere(kiosk, at, later) {
      const own = last.get(kiosk)?.at ?? Infinity;
      if (own < at || (own === at && later)) last.delete(kiosk);
    },
    all: [
      heals,
      errors,
      gauge('tile_kiosk_last_seen_timestamp_seconds', 'When a kiosk last reported.', (_, at) => at / 1000),
      gauge('tile_kiosk_up_seconds', 'Time since a kiosk loaded its page.', ({ up }) => up),
      gauge('tile_kiosk_oldest_tile_seconds', 'Age of the oldest tile on a kiosk.', ({ oldest }) => oldest),
      gauge('tile_kiosk_missing_tiles', 'Tiles on a kiosk that did not come.', ({ missing }) => missing),
      gauge('tile_kiosk_offline_seconds', 'Time without a network.', ({ offline }) => offline),
      gauge('tile_kiosk_checked_seconds', 'Time since the last good version check.', ({ checked }) => checked),
      gauge('tile_kiosk_storage_bytes', 'Storage in use.', ({ storage }) => storage?.usage),
      gauge('tile_kiosk_storage_persisted', 'Whether the browser keeps it.', ({ storage }) =>
        storage ? Number(storage.persisted) : undefined,
      ),
    ].map(({ metric }) => metric),
  };
}
