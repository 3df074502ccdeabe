import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Commands, createMessageHandler } from '../../../sw/commands/messages';

function setup() {
  const commands = {
    CACHE_INVALIDATE: vi.fn(async () => 'invalidated'),
    TILE_VERSIONS: vi.fn(async () => 'versions'),
    TILE_STATUS: vi.fn(async () => 'status'),
    TILE_USAGE: vi.fn(async () => 'usage'),
    TILE_CLEAR: vi.fn(async () => 'cleared'),
    TILE_REGIONS: vi.fn(async () => 'regions'),
    TILE_INSPECT: vi.fn(async () => 'inspected'),
    TILE_MOVE_IN: vi.fn(async () => 'moved'),
    TILE_NETWORK: vi.fn(async () => undefined),
    TILE_STOP: vi.fn(async () => undefined),
    TILE_VIEWPORT: vi.fn(async () => undefined),
  } satisfies Commands;
  const handle = createMessageHandler(commands, () => 1000);
  const send = async (data: unknown) => {
    const acks: unknown[] = [];
    await handle(data, { postMessage: (message: unknown) => void acks.push(message) });
    return acks[0];
  };
  return { commands, handle, send };
}

describe('messages', () => {
  it.each([
    undefined,
    null,
    1,
    'CACHE_INVALIDATE',
    [],
    {},
    { type: 'SKIP_WAITING' },
    { type: 'toString' },
    { type: '__proto__' },
    { type: { toString: (): string => 'TILE_STATUS' } },
  ])('that are not for the worker are ignored synchronously: %j', (data) => {
    expect(setup().handle(data, undefined)).toBeUndefined();
  });

  it('are acked with their id', async () => {
    expect(await setup().send({ type: 'TILE_STATUS', id: 'a' })).toEqual({
      type: 'TILE_ACK',
      id: 'a',
      ok: true,
      result: 'status',
    });
  });

  it('without a port are carried out as well', async () => {
    const { commands, handle } = setup();
    await handle({ type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b' }, undefined);
    expect(commands.CACHE_INVALIDATE).toHaveBeenCalledWith({ layer: 'roads', version: 'b' });
  });

  it.each([
    [{ type: 'CACHE_INVALIDATE', version: 'b' }, 'layer'],
    [{ type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [0, 1, 2] }, 'bbox'],
    [{ type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [0, 1, 2, 91] }, 'bbox[3]'],
    [{ type: 'TILE_VERSIONS', id: 'a', manifest: {}, confirmedAt: 5 }, 'version'],
    [{ type: 'TILE_VERSIONS', id: 'a', manifest: { version: 'b' }, confirmedAt: 'now' }, 'confirmedAt'],
    [{ type: 'TILE_CLEAR', id: 'a', layer: 5 }, 'layer'],
    // If these selectors were ignored, each message would clear all tiles of all users.
    [{ type: 'TILE_CLEAR', id: 'a', layers: ['roads'] }, 'layers'],
    [{ type: 'TILE_CLEAR', id: 'a', Layer: 'roads' }, 'Layer'],
    [{ type: 'TILE_CLEAR', id: 'a', partiton: 'ann' }, 'partiton'],
    [{ ...[...'roads'], type: 'TILE_CLEAR', id: 'a' }, '0'],
    [{ type: 'TILE_CLEAR', id: 'a', partition: '' }, 'partition'],
    // If this were taken for a name, the message would clear nothing.
    [{ type: 'TILE_CLEAR', id: 'a', layer: '*' }, 'layer'],
    [{ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 99, bbox: [0, 0, 1, 1] }, 'zoom'],
    [{ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 9, bbox: [0, 0, 1, 1], map: 'm'.repeat(65) }, 'map'],
    [{ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 9, bbox: [0, 0, 1, 1], map: 7 }, 'map'],
  ])('%j is refused without any effect, and the error names %s', async (data, field) => {
    const { commands, send } = setup();
    expect(await send(data)).toMatchObject({ ok: false, error: { field, remedy: expect.any(String) } });
    for (const command of Object.values(commands)) expect(command).not.toHaveBeenCalled();
  });

  it.each([
    [{ type: 'TILE_CLEAR', layer: 'roads' }, ['roads', undefined]],
    [{ type: 'TILE_CLEAR', id: 'a', layer: undefined, partition: 'ann' }, [undefined, 'ann']],
    // A layer's function may return any of these, and a user must be able to log out.
    [{ type: 'TILE_CLEAR', id: 'a', partition: 'Bearer '.repeat(99) }, [undefined, 'Bearer '.repeat(99)]],
    [{ type: 'TILE_CLEAR', id: 'a', partition: 'ann\n\uD800' }, [undefined, 'ann\n\uD800']],
    [{ type: 'TILE_CLEAR', id: 'a' }, [undefined, undefined]],
  ])('%j clears only what it names', async (data, expected) => {
    const { commands, send } = setup();
    await send(data);
    expect(commands.TILE_CLEAR).toHaveBeenCalledWith(...expected);
  });

  it.each([
    [{ bbox: [-20037508, 0, 0, 20037508] }, 'bbox[0] must be degrees, a number from -180 to 180'],
    [{ version: 5 }, 'version must be a string of 1 to 128 printable ASCII characters, no spaces'],
    [{ zooms: [12, 3] }, 'zooms[0] must be at most the maximum'],
    [{ mode: 'hard' }, 'mode must be purge or stale'],
  ])('with a wrong selector get an error that says what is expected: %j', async (fields, message) => {
    const ack = await setup().send({ type: 'CACHE_INVALIDATE', layer: 'roads', ...fields });
    expect(ack).toMatchObject({ ok: false, error: { message } });
  });

  it('do not confirm a version at an instant in the future', async () => {
    const { commands, send } = setup();
    await send({ type: 'TILE_VERSIONS', id: 'a', manifest: { version: 'b' }, confirmedAt: 5_000_000 });
    expect(commands.TILE_VERSIONS).toHaveBeenCalledWith(expect.objectContaining({ all: { version: 'b' } }), 1000, []);
  });

  it('that fail get an ack with a code and a remedy, whatever was thrown', async () => {
    const { commands, send } = setup();
    commands.TILE_STATUS.mockRejectedValueOnce('odd');
    expect(await send({ type: 'TILE_STATUS', id: 'a' })).toMatchObject({
      ok: false,
      id: 'a',
      error: { code: 'STORAGE_FAILED' },
    });
  });

  it('of any shape never make the worker throw', async () => {
    const { send } = setup();
    const type = fc.constantFrom(
      'CACHE_INVALIDATE',
      'TILE_VERSIONS',
      'TILE_STATUS',
      'TILE_USAGE',
      'TILE_CLEAR',
      'TILE_VIEWPORT',
    );
    await fc.assert(
      fc.asyncProperty(
        type,
        fc.dictionary(
          fc.constantFrom('layer', 'version', 'bbox', 'zooms', 'manifest', 'id', 'zoom', 'confirmedAt', 'mode'),
          fc.anything(),
        ),
        async (kind, rest) => {
          expect(await send({ ...rest, type: kind })).toMatchObject({ type: 'TILE_ACK' });
        },
      ),
      { numRuns: 200 },
    );
  });
});
