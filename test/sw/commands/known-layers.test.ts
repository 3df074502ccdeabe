import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

describe('an invalidation of an unknown layer', () => {
  it('is refused with a suggestion, and reaches no page', async () => {
    const world = createWorld();
    const cache = world.start({ layers: { flood_zones: {}, roads: {} } });
    const acks: Array<{ ok: boolean; error?: object }> = [];
    const ask = (message: object) =>
      cache.message({ id: 'i', ...message }, { postMessage: (ack: { ok: boolean }) => acks.push(ack) } as never);
    await ask({ type: 'CACHE_INVALIDATE', layer: 'flood_zone' });
    await ask({ type: 'TILE_CLEAR', layer: 'flod_zones' });
    await ask({ type: 'CACHE_INVALIDATE', layer: 'roads' });
    const error = { code: 'INVALID_MESSAGE', field: 'layer', remedy: 'Did you mean flood_zones?' };
    expect(acks).toMatchObject([
      { ok: false, error },
      { ok: false, error },
      { ok: true, result: { applied: true } },
    ]);
    expect(JSON.stringify(world.posted)).not.toContain('flood');
  });

  it('is accepted if the worker has no list of layers', async () => {
    const world = createWorld();
    const acks: object[] = [];
    await world.start().message({ type: 'CACHE_INVALIDATE', id: 'i', layer: 'any' }, {
      postMessage: (ack: object) => acks.push(ack),
    } as never);
    expect(acks).toMatchObject([{ ok: true }]);
  });
});
