import type { TileUse, TileValidation } from '../../src/shared/tile-use';
import type { NoticeMessage, TilesUsedMessage, WorkerMessage } from '../../src/shared/worker-messages';
import type { TileId } from '../../src/shared/tile';
import { type Shows, recipients } from './recipients';

/** Sends the worker's messages to the pages: every window of the origin, controlled or not, including iframes. */
export interface Pages {
  /** Posts all messages in one task, so that they arrive together, and resolves when posted. Never rejects. */
  tell(...messages: WorkerMessage[]): Promise<void>;
  /** Reports, in a batch, that the store has new bytes of a tile. */
  updated(layer: string, tile: TileId): Promise<void>;
  /** Reports an answered tile, in a batch, to the client that requested it. Costs nothing until the batch is sent. */
  used(clientId: string | undefined, use: TileUse): Promise<void> | undefined;
  /** Reports that a tile was validated after its answer, in the batch of uses. */
  validated(clientId: string | undefined, validation: TileValidation): Promise<void> | undefined;
  /** Sends a notice; about a layer the same one at most once a minute, unless its sender tells each only once. */
  notice(notice: Omit<NoticeMessage, 'type'>): Promise<void>;
}

type Batch = Required<Omit<TilesUsedMessage, 'type'>>;

interface PagesOptions {
  clients: Pick<Clients, 'matchAll'>;
  now: () => number;
  /** Resolves after `ms` milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Tells which tiles the pages' maps show, as far as the pages have reported it. */
  shows?: Shows;
}

/** Milliseconds for which a batch collects entries. */
const BATCH_MS = 200;
/** The most tiles in one message, and the most uses in one batch; further uses are not reported. */
const MAX_BATCH = 1000;
/** Milliseconds within which pages get the same notice only once. */
const NOTICE_MS = 60_000;
/** Notices whose senders tell each fault once. */
const AT_ONCE = /csp|archive/;

export function createPages({ clients, now, sleep, shows = () => undefined }: PagesOptions): Pages {
  const notices = new Map<string, number>();
  let updates: { tiles: Map<string, Map<string, TileId>>; sent: Promise<void> } | undefined;
  let uses: { byClient: Map<string, Batch>; count: number } | undefined;

  const windows = () => clients.matchAll({ type: 'window', includeUncontrolled: true }).catch(() => []);
  const tell = async (...messages: WorkerMessage[]) => {
    for (const client of await windows()) for (const message of messages) client.postMessage(message);
  };

  const sendUpdates = async (batch: NonNullable<typeof updates>) => {
    await sleep(BATCH_MS);
    updates = undefined;
    for (const [layer, tiles] of batch.tiles) {
      const all = [...tiles.values()];
      for (let at = 0; at < all.length; at += MAX_BATCH) {
        await tell({ type: 'TILES_UPDATED', layer, tiles: all.slice(at, at + MAX_BATCH) });
      }
    }
  };

  const sendUses = async (batch: NonNullable<typeof uses>) => {
    await sleep(BATCH_MS);
    uses = undefined;
    const byWindow = shareOut(batch.byClient, await windows(), shows);
    for (const [client, { uses, validations }] of byWindow) {
      client.postMessage({
        type: 'TILES_USED',
        uses,
        ...(validations.length > 0 && { validations }),
      } satisfies WorkerMessage);
    }
  };

  /** Adds to the next batch. Resolves when the batch has been sent; returns `undefined` for all but its first entry. */
  const note = (clientId: string | undefined, add: (batch: Batch) => void): Promise<void> | undefined => {
    const fresh = !uses;
    uses ??= { byClient: new Map(), count: 0 };
    uses.count += 1;
    if (uses.count > MAX_BATCH) return undefined;
    add(batchOf(uses.byClient, clientId ?? ''));
    return fresh ? sendUses(uses) : undefined;
  };

  return {
    tell,
    updated(layer, tile) {
      if (!updates) {
        updates = { tiles: new Map(), sent: Promise.resolve() };
        updates.sent = sendUpdates(updates);
      }
      const tiles = updates.tiles.get(layer) ?? new Map<string, TileId>();
      updates.tiles.set(layer, tiles.set(`${tile.z}/${tile.x}/${tile.y}`, tile));
      return updates.sent;
    },
    used: (clientId, use) => note(clientId, (batch) => batch.uses.push(use)),
    validated: (clientId, validation) => note(clientId, (batch) => batch.validations.push(validation)),
    async notice(notice) {
      const id = `${notice.notice} ${notice.layer ?? ''}`;
      const at = now();
      if (Math.abs(at - (notices.get(id) ?? -Infinity)) < NOTICE_MS && !AT_ONCE.test(notice.notice)) return;
      if (notices.size > 1000) notices.clear();
      notices.set(id, at);
      await tell({ type: 'TILE_NOTICE', ...notice });
    },
  };
}

function batchOf<K>(batches: Map<K, Batch>, key: K): Batch {
  let batch = batches.get(key);
  if (!batch) batches.set(key, (batch = { uses: [], validations: [] }));
  return batch;
}

/** Gives each window the uses that it has to hear of: its own, and those that may be its own. */
function shareOut(byClient: ReadonlyMap<string, Batch>, open: readonly WindowClient[], shows: Shows) {
  const byWindow = new Map<WindowClient, Batch>();
  for (const [id, { uses, validations }] of byClient) {
    const own = open.find((client) => client.id === id);
    const to = (one: TileUse | TileValidation) => {
      if (own) return [own];
      if (id) one.guessed = true;
      return recipients(open, shows, one);
    };
    for (const use of uses) for (const client of to(use)) batchOf(byWindow, client).uses.push(use);
    for (const one of validations) for (const client of to(one)) batchOf(byWindow, client).validations.push(one);
  }
  return byWindow;
}
