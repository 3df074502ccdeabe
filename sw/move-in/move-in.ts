import { TileCacheError } from '../../src/shared/errors';
import { type MoveInCommand, readMoveIn } from '../../src/shared/move-in';
import { createMove, type Move } from './move';
import { createMovedStore, type MovedStore } from './moved-store';
import { createOnce } from '../util/once';
import { createSource } from './sources';
import type { MovedTiles, MoveInSurroundings, MoveInTools } from './tools';

/** Number of moves that the worker remembers; each page may have started one. */
const MAX_MOVES = 4;

export function createMoveIn({ caches, origin, timers }: MoveInSurroundings): MovedTiles {
  const once = createOnce();
  const moves = new Map<string, Promise<Move>>();
  let moved: MovedStore | undefined;
  let tools: MoveInTools | undefined;

  const moveOf = (command: MoveInCommand): Promise<Move> => {
    // List the store again for each pass: tiles may have been added or deleted since the last one.
    const id = `${command.job} ${command.pass}`;
    let move = moves.get(id);
    if (!move) {
      move = createMove(command, createSource(command, { caches, timers, origin }), moved!, tools!);
      moves.set(id, move);
      move.catch(() => moves.delete(id));
      if (moves.size > MAX_MOVES) moves.delete(moves.keys().next().value as string);
    }
    return move;
  };

  const run = async (data: Record<string, unknown>) => {
    const { type: _, id: __, ...rest } = data;
    const command = readMoveIn(rest);
    try {
      const state = tools && (await tools.ledger.load());
      if (!state) throw new Error('the ledger cannot be read');
      return await (await moveOf(command)).run(command, state);
    } catch (cause) {
      if (cause instanceof TileCacheError) throw cause;
      // Report only the error's name: its message may contain a URL.
      const name = String((cause as Error | undefined)?.name ?? 'unknown');
      throw new TileCacheError(
        {
          code: 'STORAGE_FAILED',
          message: `The browser's storage failed or does not answer (${name}).`,
          remedy: 'The worker keeps the tiles taken so far. Call moveIn again later to take the rest.',
        },
        { cause },
      );
    }
  };

  return {
    around(store) {
      moved = createMovedStore(store, origin, timers);
      return moved.store;
    },
    connect: (given) => void (tools = given),
    command: (data) => once(data['id'], () => run(data)),
  };
}
