import { describe, expect, it } from 'vitest';
import { createClientVersions } from '../../../server/versions/client-versions';

const knows = (layer: string) => layer.startsWith('l');
const current = () => 'v2';

describe('the versions of page views', () => {
  it('are kept for layers that the origin knows', () => {
    const clients = createClientVersions({}, () => 0);
    clients.seen('s', { l0: 'v1', l1: 'v2', mine: 'v2' }, knows);
    expect(clients.drift(current)).toEqual([
      { layer: 'l0', current: 0, old: 1 },
      { layer: 'l1', current: 1, old: 0 },
    ]);
  });

  it('have bounded memory: the oldest page views go once all together have too many layers', () => {
    const clients = createClientVersions({ maxHeld: 10 }, () => 0);
    const versions = { l0: 'v2', l1: 'v2', l2: 'v2', l3: 'v2' };
    for (const session of ['a', 'b', 'b', 'c', 'd']) clients.seen(session, versions, knows);
    expect(clients.drift(current)[0]).toEqual({ layer: 'l0', current: 2, old: 0 });
    // The removed page views make room again.
    clients.seen('d', { l0: 'v1' }, knows);
    clients.seen('e', versions, knows);
    expect(clients.drift(current)[0]).toEqual({ layer: 'l0', current: 2, old: 1 });
  });

  it('take no memory for unknown layers', () => {
    const clients = createClientVersions({ maxHeld: 10 }, () => 0);
    clients.seen('a', { l0: 'v2' }, knows);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x${i}`, 'v'.repeat(128)]));
    for (let i = 0; i < 50; i++) clients.seen(`s${i}`, many, knows);
    expect(clients.drift(current)).toEqual([{ layer: 'l0', current: 1, old: 0 }]);
  });

  it('come from the newest beacon, not from a late one; a clock that was set back costs one window', () => {
    let at = 0;
    const clients = createClientVersions({ window: 300 }, () => at);
    clients.seen('s', { l0: 'v2' }, knows, 2000);
    clients.seen('s', { l0: 'v1' }, knows, 1000);
    expect(clients.drift(current)).toEqual([{ layer: 'l0', current: 1, old: 0 }]);
    clients.seen('s', { l0: 'v1' }, knows, 3000);
    expect(clients.drift(current)).toEqual([{ layer: 'l0', current: 0, old: 1 }]);
    at = 301_000;
    clients.seen('s', { l0: 'v2' }, knows, 10);
    expect(clients.drift(current)).toEqual([{ layer: 'l0', current: 1, old: 0 }]);
  });
});
