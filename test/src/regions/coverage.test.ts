import { afterEach, expect, it, vi } from 'vitest';
import { createRegions } from '../../../src/regions/index';
import type { RegionCommand } from '../../../src/shared/regions';

afterEach(() => vi.unstubAllGlobals());

it.each([
  [1, undefined, undefined],
  [2, undefined, ['@2x']],
  [1.25, undefined, ['@2x']],
  [2, ['', '@3x'], ['', '@3x']],
])('coverage asks for the tiles that a screen with %d device pixels to a pixel shows', async (pixels, given, sent) => {
  vi.stubGlobal('devicePixelRatio', pixels);
  const commands: RegionCommand[] = [];
  const regions = createRegions({
    env: { window: new EventTarget() },
    scope: () => undefined,
    send: async (command: RegionCommand) => void commands.push(command),
    on: () => () => {},
    closed: new AbortController().signal,
    own: { createEmitter: () => ({ on: () => () => {}, emit: () => {} }) },
  } as never);
  const query = { layer: 'roads', bounds: [9, 53, 10, 54], zooms: [8, 8], ...(given && { ratios: given }) } as const;
  await regions.coverage(query);
  expect(commands).toEqual([{ action: 'coverage', query: { ...query, ...(sent && { ratios: sent }) } }]);
});
