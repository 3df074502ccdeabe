import { refuse } from '../../src/shared/validate';
import type { Inspector } from '../inspect/tools';
import type { MovedTiles } from '../move-in/tools';
import type { Viewports } from '../origin/viewports';
import type { Regions } from '../regions/tools';
import { isOurs, type TileStore } from '../store/tile-store';
import { coalesce } from '../util/coalesce';
import { type ChangeTools, createChanges } from './changes';
import { unreachableBy } from './effects';
import type { Commands } from './messages';
import { createTileCaches, type TileCachesTools } from './tile-caches';
import { statusOf, type UsageTools, usageOf } from './usage';

interface ActionTools extends ChangeTools, UsageTools, TileCachesTools {
  ledger: ChangeTools['ledger'];
  store: TileStore;
  index: TileCachesTools['index'] & UsageTools['index'];
  /** Ends all storing. */
  stop: () => Promise<unknown>;
  /** Records where a map looks. */
  viewed: Viewports['set'];
  regions: Pick<Regions, 'command' | 'changed' | 'clear' | 'usage'> | undefined;
  inspector: Pick<Inspector, 'command'> | undefined;
  moved: Pick<MovedTiles, 'command'> | undefined;
}

/** Returns the part that this option passed to `createTileCache`. Throws `UNSUPPORTED_FIELD` without it. */
function given<T>(part: T | undefined, option: 'regions' | 'inspect' | 'moveIn', call: string, entry: string): T {
  return (
    part ??
    refuse(
      'UNSUPPORTED_FIELD',
      option,
      'switched on in the worker',
      `Pass ${option}: ${call} of 'sw-tile-cache/sw/${entry}' to createTileCache.`,
    )
  );
}

/** Creates the commands that carry out pages' messages. */
export function createActions(tools: ActionTools): { commands: Commands; activate: () => Promise<void> } {
  const { ledger, store, closed, regions, inspector, moved } = tools;
  const caches = createTileCaches(tools);

  const commands: Commands = {
    ...createChanges(tools, caches),
    TILE_STATUS: () => statusOf(tools),
    TILE_USAGE: coalesce(() => usageOf(tools, caches)),
    async TILE_REGIONS(command) {
      return given(regions, 'regions', 'regions()', 'regions').command(command);
    },
    async TILE_INSPECT(command, clientId) {
      return given(inspector, 'inspect', 'inspector()', 'inspect').command(command, clientId);
    },
    async TILE_MOVE_IN(command) {
      return given(moved, 'moveIn', 'moveIn()', 'move-in').command(command);
    },
    TILE_STOP: tools.stop,
    async TILE_VIEWPORT(view, clientId) {
      tools.viewed(clientId ?? '', view);
    },
  };

  return {
    commands,
    async activate() {
      store.reopen();
      await ledger.reload();
      const isUnreachable = unreachableBy(ledger);
      await caches.drop(
        (cache) => !isOurs(cache) || (closed !== undefined && !closed.includes(cache.layer)) || isUnreachable(cache),
      );
    },
  };
}
