/**
 * What the last exchanges of a layer say about its network. A dead one costs one timeout, not one per tile:
 * until a probe succeeds, tiles with a fall-back are answered from it at once.
 */
export interface NetworkHealth {
  /** A timeout happened and nothing has answered since. */
  dead(layer: string): boolean;
  /** Background work may try the network now; claims the probe when the layer is failing. */
  mayProbe(layer: string): boolean;
  failed(layer: string, kind: 'timeout' | 'network' | 'status'): void;
  answered(layer: string): void;
  /** Any layer is dead. */
  readonly offline: boolean;
}

const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

/** `random` jitters the probes so that many tabs and kiosks do not come back at once. */
export function createNetworkHealth({
  now,
  random,
  onChange,
}: {
  now: () => number;
  random: () => number;
  onChange: (layer: string, dead: boolean) => void;
}): NetworkHealth {
  const failing = new Map<string, { dead: boolean; failures: number; probeAt: number; probing: boolean }>();
  return {
    dead: (layer) => failing.get(layer)?.dead ?? false,
    mayProbe(layer) {
      const entry = failing.get(layer);
      if (!entry) return true;
      const at = now();
      // A clock that jumped back must not silence the probes.
      if (at < entry.probeAt && entry.probeAt - at <= 2 * LONGEST_DELAY) return false;
      entry.probeAt = at + delay(entry.failures, random);
      entry.probing = true;
      return true;
    },
    failed(layer, kind) {
      const entry = failing.get(layer) ?? { dead: false, failures: 0, probeAt: 0, probing: true };
      const at = now();
      // Tiles that fail together are one failure.
      if (entry.probing || at >= entry.probeAt) entry.failures += 1;
      entry.probing = false;
      entry.probeAt = Math.max(entry.probeAt, at + delay(entry.failures, random));
      failing.set(layer, entry);
      // A status, however bad, has come from somewhere.
      const dead = kind === 'timeout' || (kind === 'network' && entry.dead);
      if (dead !== entry.dead) {
        entry.dead = dead;
        onChange(layer, dead);
      }
    },
    answered(layer) {
      const entry = failing.get(layer);
      failing.delete(layer);
      if (entry?.dead) onChange(layer, false);
    },
    get offline() {
      return [...failing.values()].some((entry) => entry.dead);
    },
  };
}

const delay = (failures: number, random: () => number) =>
  Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures - 1, 5)) * (0.75 + random() / 2);
