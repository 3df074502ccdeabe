import { mkdtemp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetVersion } from '../../../server/publish/dataset-version';

let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'dataset-'))));
afterAll(() => rm(root, { recursive: true }));

describe('datasetVersion', () => {
  it('is a prefix of the SHA-256 digest', async () => {
    expect(await datasetVersion('abc')).toBe('ba7816bf8f01cfea');
    expect(await datasetVersion(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea');
  });

  it('is the same for bytes and for a stream of them, whatever its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
        const stream = (async function* () {
          yield* chunks;
        })();
        expect(await datasetVersion(stream)).toBe(await datasetVersion(Buffer.concat(chunks)));
      }),
    );
  });

  it('hashes files in the order of their names, names included', async () => {
    await mkdir(join(root, 'a'));
    const paths = ['b.bin', 'a/c.bin', 'ä.bin'].map((name) => join(root, name));
    for (const [i, path] of paths.entries()) await writeFile(path, `data ${i}`);
    const version = await datasetVersion({ files: paths, root });
    expect(await datasetVersion({ files: [...paths].reverse(), root })).toBe(version);
    await rename(paths[0]!, join(root, 'renamed.bin'));
    expect(await datasetVersion({ files: [join(root, 'renamed.bin'), ...paths.slice(1)], root })).not.toBe(version);
  });

  it('distinguishes two files from one with the content of both', async () => {
    await writeFile(join(root, 'x'), 'ab');
    await writeFile(join(root, 'y'), '');
    const before = await datasetVersion({ files: [join(root, 'x'), join(root, 'y')], root });
    await writeFile(join(root, 'x'), 'a');
    await writeFile(join(root, 'y'), 'b');
    expect(await datasetVersion({ files: [join(root, 'x'), join(root, 'y')], root })).not.toBe(before);
  });

  it.each([[[]], [['x', './x']]])('refuses the file list %j', async (files) => {
    await expect(datasetVersion({ files, root })).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'files' });
  });
});
