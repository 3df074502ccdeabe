import { describe, expect, it, vi } from 'vitest';
import { createClimb } from '../../../src/adapters/maplibre-tiles';

describe('looking for tiles of lower zooms', () => {
  const fake = () => ({ getRenderWorldCopies: () => false, setRenderWorldCopies: vi.fn() });

  it('asks the map once for each level at which tiles fail, and leaves the map unchanged', () => {
    const map = fake();
    const climb = createClimb(map as never);
    climb([]);
    expect(map.setRenderWorldCopies).not.toHaveBeenCalled();
    climb(['6/33/22']);
    climb(['6/33/22']);
    expect(map.setRenderWorldCopies).toHaveBeenCalledTimes(1);
    climb(['6/33/22', '5/16/11']);
    climb(['6/33/22', '5/16/11']);
    expect(map.setRenderWorldCopies.mock.calls).toEqual([[false], [false]]);
  });

  it('begins again after the tiles have arrived', () => {
    const map = fake();
    const climb = createClimb(map as never);
    climb(['6/33/22']);
    climb([]);
    climb(['6/33/22']);
    expect(map.setRenderWorldCopies).toHaveBeenCalledTimes(2);
  });
});
