import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Handler, wrongMethod } from '../http/http';
import { missing } from './answers';
import { fileAnswer } from './file-answer';
import { wrong } from './options';

/** Serves the files of one folder, and of no other. Rejects with `INVALID_OPTION` where it is none. */
export async function createFolder(folder: string): Promise<Handler> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) throw wrong('--folder', 'is no folder that can be read');
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const { pathname } = new URL(request.url);
    const names = namesOf(pathname);
    const file = names && (await openWithin(root, names));
    if (!file) return missing();
    return fileAnswer(request, file, { name: names.at(-1)!, isTile: pathname.startsWith('/tiles/') });
  };
}

/** A colon names a drive or a stream on Windows; elsewhere it stands in layer names, as in GeoServer's `topp:states`. */
const NO_NAME = sep === '\\' ? /[/\\:\0]/ : /[/\\\0]/;

/**
 * The names that a path is made of; `undefined` for one that names no file here: encoded slashes and dots, hidden files
 * (`.git`, `.env`), empty names.
 */
export function namesOf(pathname: string): string[] | undefined {
  try {
    const names = pathname.slice(1).split('/').map(decodeURIComponent);
    if (names.at(-1) === '') names[names.length - 1] = 'index.html';
    return names.every((name) => name !== '' && !name.startsWith('.') && !NO_NAME.test(name)) ? names : undefined;
  } catch {
    return undefined;
  }
}

/** Opens a file that lies in `root` itself: links that lead out of it lead nowhere. */
async function openWithin(root: string, names: readonly string[]): Promise<FileHandle | undefined> {
  try {
    const path = await realpath(join(root, ...names));
    const inside = root.endsWith(sep) ? root : root + sep;
    // A pipe or a device would hold the reader for ever.
    if (!path.startsWith(inside) || !(await stat(path)).isFile()) return undefined;
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
}
