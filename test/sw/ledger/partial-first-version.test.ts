import { describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { emptyRecord } from '../../../sw/ledger/state';
import { invalidateRecord } from '../../../sw/ledger/layer-record';
import { isMismatch } from '../../../sw/ledger/verdict';

const layer = resolveLayer('roads', {});
const meta = {
  requestAt: 0,
  responseAt: 0,
  ledger: 'id',
  epoch: 0,
  version: 'a',
  variant: '',
  group: '',
};
const subject = (x: number, y: number) => ({
  layer,
  tile: { z: 3, x, y },
  partition: '',
  asked: '',
  own: '',
  url: `/tiles/roads/3/${x}/${y}.png`,
});

describe('a first version with a box', () => {
  const { record } = invalidateRecord(emptyRecord('roads'), 0, {
    layer: 'roads',
    version: 'b',
    bbox: [-74.3, 40.5, -73.7, 40.9],
    buffer: 0,
  });

  it('confirms tiles outside the box, whatever version label they have', () => {
    expect(isMismatch(record, subject(5, 5), meta)).toBe(false);
  });
  it('does not take the label of tiles inside the box for the new version', () => {
    expect(isMismatch(record, subject(2, 3), meta)).toBe(true);
  });
  it('holds after a second change, and ends with a switch of the whole layer', () => {
    const second = invalidateRecord(record, 1, { layer: 'roads', version: 'c', bbox: [0, 0, 1, 1], buffer: 0 }).record;
    expect(isMismatch(second, subject(5, 5), meta)).toBe(false);
    expect(isMismatch(second, subject(2, 3), meta)).toBe(true);
    const whole = invalidateRecord(second, 2, { layer: 'roads', version: 'd' }).record;
    expect(isMismatch(whole, subject(5, 5), meta)).toBe(true);
  });
});
