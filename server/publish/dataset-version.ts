import { TileCacheError } from '../../src/shared/errors';
import { refuse, refuseUnknown } from '../../src/shared/validate';

/**
 * Hexadecimal digits of a version: 64 bits. The chance of a collision among a million publications is one in 40
 * million.
 */
const DIGITS = 16;

/** The data that a version is computed from: bytes, a stream of them, or files by path. */
export type Dataset =
  Uint8Array | ArrayBuffer | string | AsyncIterable<Uint8Array> | { files: Iterable<string>; root?: string };

/**
 * Computes the version of data: the first 16 hexadecimal digits of its SHA-256. The same data gives the same version on
 * every machine. For files, the digest covers their names (below `root`, with forward slashes), lengths and contents,
 * in the order of the names. Strings are hashed as UTF-8. Files and streams need Node's `node:crypto`; bytes need only
 * Web Crypto. Rejects with `INVALID_OPTION` for anything else, and if the file list is empty or names a file twice; and
 * with the errors of the stream or file system.
 */
export async function datasetVersion(data: Dataset): Promise<string> {
  if (typeof data === 'string') return digest(new TextEncoder().encode(data));
  if (data instanceof ArrayBuffer) return digest(new Uint8Array(data));
  if (data instanceof Uint8Array) return digest(data);
  if (typeof data !== 'object' || data === null) refuse('INVALID_OPTION', 'data', 'bytes, a stream of them, or files');
  if (!(Symbol.asyncIterator in data)) {
    refuseUnknown(data, { files: true, root: true });
    return hashFiles([...(data.files ?? [])], data.root);
  }
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of data) hash.update(chunk);
  return hash.digest('hex').slice(0, DIGITS);
}

async function digest(bytes: Uint8Array): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, DIGITS);
}

async function hashFiles(paths: string[], root = '.'): Promise<string> {
  const [{ createHash }, { createReadStream }, { stat }, { relative, resolve, sep }] = await Promise.all([
    import('node:crypto'),
    import('node:fs'),
    import('node:fs/promises'),
    import('node:path'),
  ]);
  const named = paths
    .map((path) => ({ path, name: Buffer.from(relative(resolve(root), resolve(path)).split(sep).join('/')) }))
    // Sort by UTF-8 bytes and not by locale, so that the order is the same on every machine.
    .sort((a, b) => Buffer.compare(a.name, b.name));
  if (named.length === 0 || named.some(({ name }, i) => named[i + 1]?.name.equals(name))) {
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'files',
      message: 'files must name at least one file, and none twice.',
      remedy: 'Check the list of files.',
    });
  }
  const hash = createHash('sha256');
  for (const { path, name } of named) {
    const { size } = await stat(path);
    // Hash the length before the bytes, so that different lists of files never hash the same data.
    hash.update(`${name.length}:`).update(name).update(`:${size}:`);
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex').slice(0, DIGITS);
}
