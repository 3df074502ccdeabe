import { parseHealth } from '../../src/shared/health-schema';
import { parseRumBatch } from '../../src/shared/parse-rum';
import { createSeen } from '../http/rate-limit';
import type { BeaconNews } from './beacon-news';
import type { RumMetrics } from './rum-metrics';

/** Counts each beacon once. Both functions return false for one that was counted before, and throw as the parsers do. */
export interface BeaconCount {
  batch(data: unknown): boolean;
  health(data: unknown): boolean;
}

interface BeaconCountParts {
  metrics: RumMetrics;
  /** Ids that are remembered. */
  maxIds: number;
  now: () => number;
  news: BeaconNews | undefined;
}

/**
 * Creates the count. It also remembers the beacons that other instances counted, because a page without an answer sends
 * its beacon again, and a load balancer may pass it to another instance.
 */
export function createBeaconCount({ metrics, maxIds, now, news }: BeaconCountParts): BeaconCount {
  const seen = createSeen(maxIds);
  news?.listen((beacon, later) => {
    seen(beacon.id);
    metrics.elsewhere(beacon, later);
  });
  return {
    batch(data) {
      const batch = parseRumBatch(data);
      if (seen(batch.id)) return false;
      metrics.add(batch);
      news?.tell({ id: batch.id, of: { session: batch.session }, at: batch.sentAt });
      return true;
    },
    health(data) {
      const report = parseHealth(data);
      if (seen(report.id)) return false;
      metrics.health(report);
      news?.tell({ id: report.id, of: { kiosk: report.name }, at: now() });
      return true;
    },
  };
}
