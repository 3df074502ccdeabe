import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Handler, wrongMethod } from '../http/http';
import { missing } from './answers';
import { fileAnswer } from './file-answer';
import { wrong } from './options';

/** Serves the files of one folder only. Rejects with `INVALID_OPTION` if it is not a folder. */
export async function createFolder(folder: string): Promise<Handler> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) throw wrong('--folder', 'is not a readable folder');
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const { pathname } = new URL(request.url);
    const names = namesOf(pathname);
    const file = names && (await openWithin(root, names));
    if (!file) return missing();
    return fileAnswer(request, file, { name: names.at(-1)!, isTile: pathname.startsWith('/tiles/') });
  };
}

/**
 * Matches invalid file names. On Windows a colon names a drive or a stream; elsewhere it occurs in layer names
 * (`topp:states`).
 */
const NO_NAME = sep === '\\' ? /[/\\:\0]/ : /[/\\\0]/;

/**
 * Returns the names in a path, or `undefined` if it names no file here: encoded slashes and dots, hidden files (`.git`,
 * `.env`), empty names.
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

/** Opens a file inside `root`. Links that lead out of it are ignored. */
async function openWithin(root: string, names: readonly string[]): Promise<FileHandle | undefined> {
  try {
    const path = await realpath(join(root, ...names));
    const inside = root.endsWith(sep) ? root : root + sep;
    // Open regular files only: reading a pipe or a device could block for ever.
    if (!path.startsWith(inside) || !(await stat(path)).isFile()) return undefined;
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
}
