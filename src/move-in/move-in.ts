import type { MoveIn, MoveInCommand, MoveInProgress, MoveInResult, MoveInSlice } from '../shared/move-in';

/** Options of `client.moveIn`. */
export interface MoveInOptions {
  /** Aborts the move. The worker keeps the tiles that it has taken by then. @default none */
  signal?: AbortSignal;
  /** Called with the progress after each slice. @default none */
  onProgress?: (progress: MoveInProgress) => void;
}

/** The channel to the worker. */
interface Asking {
  send(message: MoveInCommand & { type: 'TILE_MOVE_IN' }, signal?: AbortSignal): Promise<MoveInSlice>;
}

/**
 * Asks the worker for one slice after another. Each slice is short enough that the browser does not stop the worker,
 * and the page may safely ask for it again. Rejects with the worker's error.
 */
export async function moveIn(
  channel: () => Promise<Asking>,
  href: string,
  what: MoveIn,
  { signal, onProgress }: MoveInOptions = {},
): Promise<MoveInResult> {
  const { send } = await channel();
  const job = crypto.randomUUID();
  // Drop the query: it may contain a secret.
  const base = new URL('.', href).href;
  const sum: MoveInResult = { taken: 0, refused: {}, skipped: 0, deleted: 0 };
  // Delete only once everything is taken over.
  for (const pass of what.deleteAfter ? (['take', 'delete'] as const) : (['take'] as const)) {
    let after: number | undefined;
    let seen = 0;
    do {
      const command = {
        ...what,
        type: 'TILE_MOVE_IN',
        job,
        pass,
        base,
        ...(after !== undefined && { after }),
      } as const;
      const slice = await send(command, signal);
      for (const name of ['taken', 'skipped', 'deleted'] as const) sum[name] += slice[name];
      for (const [reason, count] of Object.entries(slice.refused) as Array<[keyof typeof sum.refused, number]>)
        sum.refused[reason] = (sum.refused[reason] ?? 0) + count;
      seen += slice.seen;
      ({ after } = slice);
      onProgress?.({ ...sum, refused: { ...sum.refused }, seen, total: slice.total });
    } while (after !== undefined);
  }
  return sum;
}
