import type { ResolvedLayer } from '../../src/shared/layer-options';
import { WHOLE_ARCHIVE } from '../store/archive-key';
import type { Patiently } from '../store/tile-store';
import { openArchive } from './archive';
import { ArchiveError } from './archive-error';
import type { FirstBytes, FirstTools } from './first-bytes';
import { firstOf, headersOf, isWhole } from './first-part';
import type { LedgerView } from './ledger-view';
import type { Opened } from './opened';
import { createParts } from './parts';
import type { ArchiveTools } from './types';

/** Opens archives, and keeps their first parts. */
export interface Openings {
  /** Returns the archive that was opened last for a layer, in force or not. */
  last(layer: ResolvedLayer): Opened | undefined;
  open(layer: ResolvedLayer, first: FirstBytes, from: Pick<Opened, 'ledger' | 'epoch'>): Opened;
  /** Opens the edition in force from the store; `patiently` if there is nothing else to show. */
  openStored(layer: ResolvedLayer, patiently?: Patiently): Promise<Opened | undefined>;
  /** Keeps the archive's first part, and the whole file if the host does not support ranges. */
  keep(layer: ResolvedLayer, first: FirstBytes, epoch: number): Promise<void>;
}

/** The name of the part that is kept of each archive: its beginning. */
const FIRST = 'first';

export function createOpenings(
  tools: ArchiveTools,
  view: LedgerView,
  toolsFor: (layer: ResolvedLayer, known?: FirstBytes) => FirstTools,
): Openings {
  const parts = createParts(tools);
  const opened = new Map<string, Opened>();

  const open: Openings['open'] = (layer, first, from) => {
    const { version } = first.edition;
    const archive = openArchive(first, {
      ...toolsFor(layer, first),
      anyFile: true,
      confirmed: (at) => view.confirm(layer, version, at),
      epoch: from.epoch,
      keep: async (name, read, since) => {
        const stored = async (patiently?: Patiently) => {
          const kept = await parts.read(layer, version, name, since, patiently);
          return kept && new Uint8Array(await kept.body.arrayBuffer());
        };
        const kept = await stored();
        if (kept) return kept;
        const place = parts.place(layer);
        try {
          const bytes = await read();
          await parts.write(layer, place, { version, name, bytes });
          return bytes;
        } catch (error) {
          // The host is unreachable: wait for a store that takes longer than usual.
          const late = error instanceof ArchiveError ? undefined : await stored('patiently');
          if (late) return late;
          throw error;
        }
      },
    });
    const made = Object.assign(archive, { version, ...from });
    opened.set(layer.name, made);
    return made;
  };

  const openStored = async (layer: ResolvedLayer, patiently?: Patiently): Promise<Opened | undefined> => {
    const version = view.recordIn(await view.state(), layer)?.version;
    const kept = version !== undefined && (await parts.read(layer, version, FIRST, 0, patiently));
    if (!kept) return undefined;
    const first = firstOf(version, kept.headers, new Uint8Array(await kept.body.arrayBuffer()));
    if (isWhole(kept.headers)) {
      const whole = await parts.read(layer, version, WHOLE_ARCHIVE, 0, patiently);
      if (!whole) return undefined;
      first.whole = await whole.body.blob();
    }
    return open(layer, first, kept);
  };

  return {
    last: ({ name }) => opened.get(name),
    open,
    openStored,
    async keep(layer, first, epoch) {
      const { version } = first.edition;
      const place = parts.place(layer);
      if (first.whole) {
        const bytes = new Uint8Array(await first.whole.arrayBuffer());
        await parts.write(layer, place, { version, name: WHOLE_ARCHIVE, bytes, epoch });
      }
      await parts.write(layer, place, { version, name: FIRST, bytes: first.bytes, headers: headersOf(first), epoch });
    },
  };
}
