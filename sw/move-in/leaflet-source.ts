import type { IDBPDatabase } from 'idb';
import type { MoveInCommand } from '../../src/shared/move-in';
import { isRecord } from '../../src/shared/validate';
import { within } from '../util/deadline';
import { openExisting } from './existing-database';
import { missing, READ_MS, urlFor, type Source, type SourceTools } from './source';

const STORE = 'tileStore';

/**
 * Reads the database of leaflet.offline 2 and 3: rows of `{ key, url, urlTemplate, x, y, z, createdAt, blob }`, whose
 * `key` is the tile's URL with the first subdomain. The database contains no response headers.
 */
export function createLeafletSource(command: MoveInCommand, { timers, origin }: SourceTools): Source {
  const { database: name = 'leaflet.offline' } = command;
  const timely = <T>(work: Promise<T>) => within(work, READ_MS, timers);
  let opening: Promise<IDBPDatabase<unknown> | undefined> | undefined;
  const open = async () => {
    opening ??= openExisting(name, STORE, timers);
    opening.catch(() => (opening = undefined));
    return (await opening) ?? missing('database', `database ${name.slice(0, 128)} of leaflet.offline`, []);
  };

  return {
    name: `leaflet.offline:${name}`,
    list: async () =>
      (await timely((await open()).getAllKeys(STORE))).filter((key): key is string => typeof key === 'string'),
    url: (id) => urlFor(id, command, origin),
    async read(id) {
      const stored: unknown = await timely((await open()).get(STORE, id));
      if (!isRecord(stored)) return undefined;
      const { blob, url, createdAt } = stored;
      if (!(blob instanceof Blob)) return undefined;
      return {
        request: new Request(urlFor(typeof url === 'string' ? url : id, command, origin)),
        status: 200,
        headers: new Headers(blob.type ? { 'content-type': blob.type } : {}),
        type: 'basic',
        body: () => timely(blob.arrayBuffer()),
        seenAt: typeof createdAt === 'number' ? createdAt : undefined,
      };
    },
    async remove(id) {
      await timely((await open()).delete(STORE, id));
    },
  };
}
