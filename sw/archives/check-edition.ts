import type { ResolvedLayer } from '../../src/shared/layer-options';
import { adoptEdition, type EditionTools } from './adopt-edition';
import { fetchFirst, type FirstBytes } from './first-bytes';
import { isArchive, type Opened } from './opened';
import { createSteadiness } from './steadiness';

/** Creates the function that asks a host for its edition, and adopts it if it is new. */
export function createEditionCheck(parts: EditionTools): (layer: ResolvedLayer, anyFile: boolean) => Promise<Opened> {
  const { tools, view, openings, firstTools } = parts;
  const steadiness = createSteadiness(tools.now);

  return async (layer, wanted) => {
    const state = await view.state();
    const known = openings.last(layer);
    const usable = known && view.holds(known, layer) ? known : await openings.openStored(layer);
    // Only another archive may replace an archive.
    const anyFile = usable ? !isArchive(usable) : wanted;
    const first = await fetchFirst(usable?.first, { ...firstTools(layer, usable?.first), anyFile });
    // A file without ranges is confirmed as a whole: this answer also covers every purge from before the request, so
    // open it with the current epoch.
    const vouched = (one: Opened, { whole }: FirstBytes) =>
      whole ? openings.open(layer, { ...one.first, whole }, { ledger: state?.id, epoch: state?.epoch ?? 0 }) : one;
    if ('same' in first) {
      await tools.announce(layer.name, usable!.version, first.same).catch(() => {});
      return vouched(usable!, usable!.first);
    }
    const alike = usable && !first.whole === !usable.first.whole && !first.far === !usable.first.far;
    if (alike && first.edition.version === usable.version) {
      await tools.announce(layer.name, usable.version, first.confirmedAt).catch(() => {});
      return vouched(usable, first);
    }
    const found = { asked: state, anyFile };
    if (!usable) return adoptEdition(layer, first, found, parts);
    const anew = (unsteady: boolean) => fetchFirst(undefined, { ...firstTools(layer, first), unsteady, anyFile });
    const judged = await steadiness.judge(layer.name, usable.first.edition, first, () => anew(false));
    return adoptEdition(layer, judged.unsteady ? await anew(true) : judged.first, found, parts);
  };
}
