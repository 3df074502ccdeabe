/** A received beacon. */
export interface ReceivedBeacon {
  /** Epoch milliseconds. */
  at: number;
  bytes: number;
  body: unknown;
}

export interface BeaconSink {
  /** Takes the text of an accepted beacon. */
  take(body: string): void;
  read(): { received: number; beacons: ReceivedBeacon[] };
  reset(): void;
}

const KEPT = 50;

/** Creates the list of the last beacons, which the demo shows. */
export function createBeaconSink(now: () => number): BeaconSink {
  let beacons: ReceivedBeacon[] = [];
  let received = 0;
  return {
    take(body) {
      beacons = [...beacons, { at: now(), bytes: Buffer.byteLength(body), body: JSON.parse(body) as unknown }].slice(
        -KEPT,
      );
      received += 1;
    },
    read: () => ({ received, beacons }),
    reset() {
      beacons = [];
      received = 0;
    },
  };
}
