import type { ArchiveOrigin, Archives } from '../archives/types';
import type { Commands } from '../commands/messages';
import type { Asking } from './asking';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

/** Returns the layers that have an archive and are known by name. */
export const archivedLayers = ({ known, layerNamed }: Base) =>
  known()
    .flatMap((name) => layerNamed(name) ?? [])
    .filter((layer) => layer.archive !== undefined);

/** Creates the origin of layers with archives, if the options pass it in. Archives announce versions by `commands`. */
export function createArchiving(
  archives: Archives | undefined,
  base: Base,
  { store, index, ledger }: Storing,
  { pages }: Showing,
  { forbidden }: Asking,
  commands: Commands,
): ArchiveOrigin | undefined {
  const { fetch, subtle, origin, scope, now } = base.around;
  return archives?.origin({
    fetch,
    isForbidden: forbidden.hasFailed,
    layers: () => archivedLayers(base),
    ledger,
    store,
    stored: (layer, cacheName, key, bytes) => index.stored({ cacheName, key, layer, bytes }),
    subtle,
    origin,
    scope,
    now,
    timers: base.timers,
    announce: (layer, version, confirmedAt) =>
      commands.TILE_VERSIONS({ layers: { [layer]: { version } } }, confirmedAt, []),
    notice: (layer, detail) => base.later(pages.notice({ notice: 'archive', layer, detail })),
  });
}

/** Checks the archives' versions whenever a page reports other versions. */
export function withArchives(commands: Commands, { check }: ArchiveOrigin, { later }: Base): Commands {
  return {
    ...commands,
    TILE_VERSIONS(manifest, confirmedAt, believe) {
      later(check());
      return commands.TILE_VERSIONS(manifest, confirmedAt, believe);
    },
  };
}
