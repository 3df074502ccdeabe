import { parseRumBatch } from '../../src/shared/parse-rum';

/** One beacon as it came in. */
export interface ReceivedBeacon {
  /** Epoch milliseconds. */
  at: number;
  bytes: number;
  body: unknown;
}

export interface BeaconSink {
  /** Takes a body of at most 64 KiB; a string says why not. */
  take(body: string): string | undefined;
  read(): { received: number; beacons: ReceivedBeacon[] };
  reset(): void;
}

const KEPT = 50;
const MAX_BYTES = 64 * 1024;

/** Keeps the last beacons, for people to look at. */
export function createBeaconSink(now: () => number): BeaconSink {
  let beacons: ReceivedBeacon[] = [];
  let received = 0;
  return {
    take(body) {
      const bytes = Buffer.byteLength(body);
      if (bytes > MAX_BYTES) return 'A beacon has at most 64 KiB.';
      try {
        beacons = [...beacons, { at: now(), bytes, body: parseRumBatch(JSON.parse(body)) }].slice(-KEPT);
      } catch (error) {
        return (error as Error).message;
      }
      received += 1;
      return undefined;
    },
    read: () => ({ received, beacons }),
    reset() {
      beacons = [];
      received = 0;
    },
  };
}
