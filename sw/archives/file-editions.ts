import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Editions } from './editions';
import type { Opened } from './opened';

/** Chooses the edition of a file from which the worker answers a page's request. */
export interface FileEditions {
  /**
   * Resolves with the current edition. Checks one that was not confirmed lately, before the answer or, with `later`,
   * behind it.
   */
  current(layer: ResolvedLayer, later: (work: Promise<unknown>) => void): Promise<Opened>;
  /**
   * Resolves with a checked edition, for a part that is counted from the file's end. A reader that begins there, as
   * readers of zip do, gets no part of an earlier file.
   */
  checked(layer: ResolvedLayer): Promise<Opened>;
  /**
   * Resolves with the known edition while the host is unreachable. Rejects with the host's failure if there is none, or
   * if the layer shows none.
   */
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

/** An unreachable host cannot say that there is another file: then the layer's policy decides. */
const orElse =
  (archive: Opened, layer: ResolvedLayer) =>
  (error: unknown): Opened => {
    if ((layer.staleIfError ?? 0) > 0) return archive;
    throw error;
  };
