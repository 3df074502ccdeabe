import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { LedgerState } from '../ledger/state';
import { openArchive } from './archive';
import type { FirstBytes, FirstTools } from './first-bytes';
import type { LedgerView } from './ledger-view';
import type { Opened } from './opened';
import type { Openings } from './openings';
import type { ArchiveTools } from './types';

/** What both the check of an edition and its adoption need. */
export interface EditionTools {
  tools: ArchiveTools;
  view: LedgerView;
  openings: Openings;
  firstTools: (layer: ResolvedLayer, known?: FirstBytes) => FirstTools;
}

/** Announces the host's edition, and opens it. `asked` is the state of the ledger before the host was asked. */
export async function adoptEdition(
  layer: ResolvedLayer,
  first: FirstBytes,
  { asked, anyFile }: { asked: LedgerState | undefined; anyFile: boolean },
  { tools, view, openings, firstTools }: EditionTools,
): Promise<Opened> {
  const { version } = first.edition;
  // Throw for a file that is no archive, before its version is announced.
  const trial = {
    confirmed: () => {},
    keep: (_: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => read(),
    epoch: 0,
  };
  openArchive(first, { ...firstTools(layer, first), ...trial, anyFile });
  await tools.announce(layer.name, version, first.confirmedAt).catch(() => {});
  const { state } = tools.ledger;
  const record = view.recordIn(state, layer);
  // If nothing but this switch has happened, the parts read before it belong to the version that it switched to. Any
  // other rule in between takes precedence over them.
  const switched = state && asked && state.epoch === asked.epoch + 1 && record?.since === state.epoch;
  const epoch = (switched ? state.epoch : asked?.epoch) ?? 0;
  const made = openings.open(layer, first, { ledger: asked?.id, epoch });
  if (state && record?.version === version) await openings.keep(layer, first, epoch);
  return made;
}
