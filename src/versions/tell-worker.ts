import type { createChannel } from '../worker/channel';
import { failure } from '../page/failure';
import type { TileCacheError } from '../shared/errors';
import type { VersionManifest } from '../shared/manifest';
import type { NormalManifest } from '../shared/parse-manifest';
import type { VersionsResult, WorkerStatus } from '../shared/answers';
import type { WorkerLink } from '../worker/link';
import type { Change, VersionBook } from './version-book';
import { adopt } from './version-sift';

/** A manifest for the worker, and where it comes from. */
export interface News {
  manifest: NormalManifest;
  /** Epoch milliseconds as of which the manifest is confirmed. */
  since: number;
  /** Layers whose lower revision is believed. */
  believe: string[];
}

/** Tells manifests to the worker, and puts the results into the book. */
export interface Teller {
  /**
   * Tells the worker a manifest, and adds the changes to `changes`. Rejects if the worker did not answer, or had no
   * room for a layer; the check then failed.
   */
  tell(news: News, changes?: Change[]): Promise<void>;
  /** Returns what the active worker has not heard yet, because it was read while there was no worker or another one. */
  unheard(): News | undefined;
}

interface TellerParts {
  link: WorkerLink;
  channel: ReturnType<typeof createChannel>;
  book: VersionBook;
  changed: (change: Change) => void;
}

/**
 * Creates the teller. The worker hears of a version before the map does: a map that requested tiles earlier would get
 * the old ones.
 */
export function createTeller({ link, channel, book, changed }: TellerParts): Teller {
  /** The news that no worker has acknowledged yet, and the worker that was told last. */
  let untold: News | undefined;
  let told: ServiceWorker | undefined;

  async function send({ manifest, since, believe }: News): Promise<VersionsResult> {
    const { all, layers } = manifest;
    return channel.send<VersionsResult>({
      type: 'TILE_VERSIONS',
      manifest: { ...all, layers } as VersionManifest,
      confirmedAt: since,
      ...(believe.length > 0 && { believe }),
    });
  }

  /** After an ack, adopts the worker's versions: it may know better than this manifest. */
  async function agree(manifest: NormalManifest, take: (change: Change) => void): Promise<void> {
    const differs = Object.entries(manifest.layers).some(
      ([layer, { version }]) => (book.get(layer)?.version ?? version) !== version,
    );
    if (differs) return book.sync(await channel.send<WorkerStatus>({ type: 'TILE_STATUS' }));
    // If the worker knows any layer that follows the entry for all, the layers were announced by their names already.
    const named = book.entries().some(([, { version }]) => version === manifest.all?.version);
    const changes = adopt(book, manifest);
    if (!named) changes.forEach(take);
  }

  return {
    async tell(news, changes = []) {
      const { manifest } = news;
      const take = (change: Change | undefined) => {
        if (!change) return;
        changes.push(change);
        changed(change);
      };
      untold = news;
      const worker = link.active();
      if (worker) {
        told = worker;
        try {
          const { changed: told, refused = [] } = await send(news);
          untold = undefined;
          for (const { layer, version, previous } of told) take(book.learn(layer, version, previous));
          await agree(without(manifest, refused), take);
          if (refused.length > 0) throw noRoom(refused);
          return;
        } catch (error) {
          if (/TIMEOUT|ABORTED|LIMIT_EXCEEDED/.test((error as TileCacheError).code)) throw error;
          // A worker that cannot store versions answers from the network. The page then follows the manifest by itself.
        }
      }
      adopt(book, manifest).forEach(take);
    },
    unheard() {
      const worker = link.active();
      return worker && worker !== told ? untold : undefined;
    },
  };
}

/**
 * Returns the manifest without the layers that the worker refused for lack of room. They are not in force in the page
 * either.
 */
function without(manifest: NormalManifest, refused: readonly string[]): NormalManifest {
  if (refused.length === 0) return manifest;
  const layers = Object.assign(Object.create(null) as NormalManifest['layers'], manifest.layers);
  for (const layer of refused) delete layers[layer];
  return { ...manifest, layers };
}

const noRoom = ([first, ...rest]: readonly string[]) =>
  failure(
    'LIMIT_EXCEEDED',
    `The worker has no room for the version of ${first}${rest.length > 0 ? ` and ${rest.length} more layers` : ''}.`,
    'It keeps 1000 layers that are in use: use fewer names, or clear() layers that no longer exist.',
  );
