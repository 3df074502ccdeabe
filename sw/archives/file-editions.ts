import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Editions } from './editions';
import type { Opened } from './opened';

/** Which edition of a file a page's request is answered from. */
export interface FileEditions {
  /** One that nobody has confirmed lately is looked at, before the answer or, with `later`, behind it. */
  current(layer: ResolvedLayer, later: (work: Promise<unknown>) => void): Promise<Opened>;
  /** For a part that is told from the file's end. Who begins there, as readers of zip do, gets nothing of the file before. */
  checked(layer: ResolvedLayer): Promise<Opened>;
  /** The edition that is known, while the host is away. Rejects with its failure where none is, or the layer shows none. */
  whileAway(layer: ResolvedLayer, error: unknown): Promise<Opened>;
}

export function createFileEditions(editions: Editions): FileEditions {
  return {
    async current(layer, later) {
      const archive = await editions.current(layer, true);
      if (editions.isConfirmed(layer)) return archive;
      const checking = editions.check(layer, true);
      if (layer.versionPolicy !== 'discard' && (layer.staleWhileRevalidate ?? 0) > 0) {
        later(checking);
        return archive;
      }
      return checking.catch(orElse(archive, layer));
    },
    async checked(layer) {
      const known = await editions.known(layer);
      return known ? editions.check(layer, true).catch(orElse(known, layer)) : editions.current(layer, true);
    },
    async whileAway(layer, error) {
      const known = await editions.known(layer).catch(() => undefined);
      if (!known) throw error;
      return orElse(known, layer)(error);
    },
  };
}

/** Away, the host cannot say that there is another file: then the layer's policy does. */
const orElse =
  (archive: Opened, layer: ResolvedLayer) =>
  (error: unknown): Opened => {
    if ((layer.staleIfError ?? 0) > 0) return archive;
    throw error;
  };
