import type { ClientEvents } from '../page/types';
import type { NormalManifest } from '../shared/parse-manifest';
import type { Teller } from './tell-worker';
import type { Change } from './version-book';
import { entriesOf, type Sift } from './version-sift';

/** Handles manifests, from the endpoint or the stream, until they are adopted or refused. */
export interface Publishing {
  /** Handles one that is confirmed as of `since`, and adds its changes to `changes`. Rejects as `Teller.tell`. */
  publish(manifest: NormalManifest, since: number, changes?: Change[]): Promise<void>;
  /** Returns how often in a row the last manifest has been doubted. */
  doubts(): number;
  /** Returns the time as of which the last manifest is confirmed, in epoch milliseconds. */
  confirmedAt(): number;
}

export function createPublishing(
  sift: Sift,
  teller: Pick<Teller, 'tell'>,
  emit: (event: 'notice', detail: ClientEvents['notice']) => void,
): Publishing {
  let confirmedAt = -Infinity;
  let doubts = 0;
  return {
    async publish(manifest, since, changes) {
      const sifted = sift(manifest, since < confirmedAt);
      doubts = sifted.doubts;
      for (const { layer, said, known } of sifted.refused)
        emit('notice', { notice: 'lowerrevision', layer, detail: `${said}, below ${known}` });
      if (!entriesOf(sifted.manifest).length) return;
      confirmedAt = Math.max(confirmedAt, since);
      await teller.tell({ manifest: sifted.manifest, since, believe: sifted.believe }, changes);
    },
    doubts: () => doubts,
    confirmedAt: () => confirmedAt,
  };
}
