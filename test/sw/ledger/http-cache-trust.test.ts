import { expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { emptyRecord, type LayerRecord, type LedgerState } from '../../../sw/ledger/state';
import { distrustsHttpCache } from '../../../sw/ledger/verdict';

const TRUSTED: LedgerState = { id: 'a', epoch: 9, orphaned: false, ids: [], cleared: {}, layers: new Map() };
const TILE = { z: 3, x: 1, y: 2 };
const URL = '/tiles/roads/3/1/2';
const subject = { layer: resolveLayer('roads'), tile: TILE, url: URL, partition: 'ada', asked: '', own: '' };
/** A box that holds the tile, and one that does not. */
const AROUND = { bbox: [-180, -85, 180, 85] } as const;
const ELSEWHERE = { bbox: [100, -80, 101, -79] } as const;

const record = (changes: Partial<LayerRecord>) => ({ ...emptyRecord('roads'), ...changes });
const withRecord = (changes: Partial<LayerRecord>) => ({ layers: new Map([['roads', record(changes)]]) });
const withRule = (range?: typeof AROUND | typeof ELSEWHERE) =>
  withRecord({ rules: [{ epoch: 2, mode: 'stale', ...(range && { range }) }] });
const doubtAbout = (layer: string) => ({ doubts: new Map([[layer, { record: record({ version: 'b' }), at: 1 }]]) });

it.each<[boolean, string, Partial<LedgerState>]>([
  [false, 'nothing has happened', {}],
  [false, 'a version is known', withRecord({ version: 'a' })],
  [true, 'the ledger was lost', { orphaned: true }],
  [true, 'a version is in force that could not be written', doubtAbout('roads')],
  [true, 'such a version holds for all layers', doubtAbout('*')],
  [false, 'such a version belongs to another layer', doubtAbout('places')],
  [true, 'the ledger made room, perhaps by forgetting this layer', { forgot: true }],
  [false, 'the ledger made room by forgetting others', { forgot: true, ...withRecord({}) }],
  [true, 'the layer has switched caches', withRecord({ since: 3 })],
  [true, 'everything was cleared', { cleared: { '': 3 } }],
  [true, 'the layer was cleared', { cleared: { 'layer:roads': 3 } }],
  [true, 'the partition was cleared', { cleared: { 'partition:ada': 3 } }],
  [true, 'the layer of this partition was cleared', { cleared: { 'layer:roads:ada': 3 } }],
  [false, 'others were cleared', { cleared: { 'layer:places': 3, 'partition:bob': 3, 'layer:roads:bob': 3 } }],
  [true, 'an unsafe method changed this address', withRecord({ forgotten: [{ url: URL, epoch: 2 }] })],
  [false, 'an unsafe method changed another address', withRecord({ forgotten: [{ url: `${URL}0`, epoch: 2 }] })],
  [true, 'a rule covers the layer', withRule()],
  [true, 'a rule covers the tile', withRule(AROUND)],
  [false, 'a rule covers other tiles', withRule(ELSEWHERE)],
])('%s: the worker distrusts the HTTP cache beneath if %s', (distrusts, _, changes) => {
  expect(distrustsHttpCache({ ...TRUSTED, ...changes }, subject)).toBe(distrusts);
});
