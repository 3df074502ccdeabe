// A file holds one layer in one pixel ratio. A region may have several of both.
import { expect, it } from 'vitest';
import { openArchiveFile } from '../../../sw/regions/archive-file';
import { createRegionWorld, SMALL, urlsOf } from './world';

const OPTIONS = {
  layers: { roads: { maxAge: 60, template: '/tiles/roads/{z}/{x}/{y}{r}' }, base: { maxAge: 60 } },
};
const SPEC = {
  ...SMALL,
  layers: [
    { layer: 'roads', ratios: ['', '@2x'] },
    { layer: 'base', template: '/tiles/base/{z}/{x}/{y}' },
  ],
};

async function saved() {
  const world = createRegionWorld(OPTIONS);
  await world.ask({ action: 'save', spec: SPEC });
  await world.finish();
  return world;
}

it('is selected by layer and ratio, and an export without them is refused rather than incomplete', async () => {
  const world = await saved();
  const exported = (more: Record<string, unknown>) => world.ask<Blob>({ action: 'export', region: 'small', ...more });
  await expect(exported({})).rejects.toMatchObject({ field: 'layer', message: 'layer must be one of roads, base' });
  await expect(exported({ layer: 'roads' })).rejects.toMatchObject({
    field: 'ratio',
    message: "ratio must be one of '', @2x",
  });
  await expect(exported({ layer: 'roads', ratio: '@3x' })).rejects.toMatchObject({ field: 'ratio' });
  await expect(exported({ layer: 'base', ratio: '@2x' })).rejects.toMatchObject({ field: 'ratio' });
  for (const ratio of ['', '@2x']) {
    const file = await openArchiveFile(await exported({ layer: 'roads', ratio }));
    const { read } = await file.near([{ z: 5, x: 16, y: 10 }]);
    expect(new TextDecoder().decode(await read({ z: 5, x: 16, y: 10 }))).toBe(`one /tiles/roads/5/16/10${ratio}`);
  }
});

it('recreates the whole region on another machine, as several regions', async () => {
  const world = await saved();
  const asked = [{ layer: 'roads', ratio: '' }, { layer: 'roads', ratio: '@2x' }, { layer: 'base' }];
  const files: Blob[] = [];
  for (const part of asked) files.push(await world.ask<Blob>({ action: 'export', region: 'small', ...part }));

  const other = createRegionWorld(OPTIONS);
  const [first, second, third] = files;
  await other.ask({ action: 'import', file: first });
  await expect(other.ask({ action: 'import', file: second })).rejects.toMatchObject({ field: 'id' });
  await expect(other.ask({ action: 'import', file: second, region: '.' })).rejects.toMatchObject({ field: 'id' });
  expect(await other.ask({ action: 'import', file: second, region: 'retina' })).toMatchObject({ id: 'retina' });
  expect(await other.ask({ action: 'import', file: third, region: 'base' })).toMatchObject({ state: 'complete' });
  for (const url of urlsOf(SMALL)) {
    const base = url.replace('roads', 'base');
    for (const one of [url, `${url}@2x`, base]) expect(await other.offline(one)).toBe(`one ${one}`);
  }
  await other.ask({ action: 'remove', region: 'small' });
  const [url] = urlsOf(SMALL) as [string];
  expect(await other.offline(`${url}@2x`)).toBe(`one ${url}@2x`);
  expect(await other.offline(url)).toBeUndefined();
});
