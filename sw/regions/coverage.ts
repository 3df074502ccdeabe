import { createArea } from '../../src/shared/area';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { readCoverageQuery } from '../../src/shared/read-region';
import { MAX_COVERAGE, type CoverageQuery, type TileCoverage } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { isRecord, refuse } from '../../src/shared/validate';
import { isNegative, saysNothing } from '../http/statuses';
import { selectingFields } from '../http/vary';
import type { Wanted } from '../lookup/wanted';
import { decide, mayServeOnError } from '../policy/decide';
import type { CommandTools } from './command-tools';
import type { SavedLayer } from './records';
import { verdictOn } from './right';
import { hasRatio, templateOf } from './templates';
import { wantedTiles } from './wanted';

const CODE = 'INVALID_OPTION';

/** Resolves with the tiles of an area, each with whether the worker would answer it without a network. */
export async function coverageOf(given: unknown, tools: CommandTools): Promise<TileCoverage[]> {
  const { book, origin } = tools;
  if (!isRecord(given)) refuse(CODE, 'query', 'an object');
  const query = readCoverageQuery(given);
  const layer = tools.layer(query.layer);
  if (!layer) refuse(CODE, 'layer', 'a layer of the worker');
  if (layer.crs !== 'EPSG:3857')
    refuse(CODE, 'layer', 'a layer in Web Mercator', 'Coverage exists for EPSG:3857 only.');
  await book.load();
  const area = createArea(query.bounds);
  const [lowest, highest] = query.zooms;
  let count = 0;
  for (let zoom = lowest; zoom <= highest; zoom += 1) count += area.count(zoom);
  if (count > MAX_COVERAGE) refuse(CODE, 'zooms', `less than ${MAX_COVERAGE} tiles with these bounds; it is ${count}`);
  const asked = askedLayer(query, layer, tools);
  const answers: TileCoverage[] = [];
  for (let zoom = lowest; zoom <= highest; zoom += 1) {
    const tiles = [...area.tiles(zoom)];
    const wanted = await wantedTiles(asked, tiles, tools, origin, book.accept(layer.name));
    const found = await Promise.all(wanted.map((one) => isCovered(one, tools)));
    const covered = new Map<TileId, boolean>();
    // In each of its ratios.
    for (const [i, { tile }] of wanted.entries()) covered.set(tile, (covered.get(tile) ?? true) && found[i]!);
    answers.push(...tiles.map((tile) => ({ tile, covered: covered.get(tile) ?? false })));
  }
  return answers;
}

/** The layer with the template that was given, else the one that a region has it by. */
function askedLayer(
  { template: given, ratios = [''] }: CoverageQuery,
  layer: ResolvedLayer,
  tools: CommandTools,
): SavedLayer {
  const saved = tools.book
    .all()
    .flatMap((record) => record.edition?.layers ?? [])
    .find((one) => one.layer === layer.name);
  const known = given ?? saved?.template;
  const template = templateOf(known ? { template: known } : {}, layer, 'template', tools, tools.origin);
  return {
    layer: layer.name,
    template,
    ratios: hasRatio(template) ? [...ratios] : [''],
    partition: '',
    cacheName: '',
  };
}

/**
 * True if a region holds the right tile, and the worker may show it without a network. Nothing stored elsewhere changes
 * that, so the worker skips the read that makes up most of the cost of a screen of tiles.
 */
async function isKept({ subject, key, request }: Wanted, tools: CommandTools): Promise<boolean> {
  const held = await tools.book.find(subject, key, request, 'patiently');
  if (!held || isNegative(held.tile) || selectingFields(subject.layer, held.tile.headers).length > 0) return false;
  const verdict = verdictOn(held.tile, subject, tools);
  if (verdict?.rule !== 'none' || verdict.otherVersion) return false;
  if (!mayServeOnError(held.tile, subject.layer, tools.now(), { gone: true }, undefined, verdict)) return false;
  return (await held.read()) !== undefined;
}

/** Decides as the handler does when the network is gone: before it asks the origin, or after it has asked in vain. */
async function isCovered(wanted: Wanted, tools: CommandTools): Promise<boolean> {
  const { lookup, now, book } = tools;
  // A screen of tiles has to be answered within a frame, and nobody needs the bodies.
  book.peek(wanted.request);
  if (await isKept(wanted, tools)) return true;
  const { stored, unsureVariant } = await lookup(wanted, 'patiently');
  if (unsureVariant) return false;
  if (!stored || stored.verdict.rule === 'absent') return isKnown(wanted, tools);
  const { tile, verdict } = stored;
  const { layer } = wanted.subject;
  void tile.response?.body?.cancel().catch(() => {});
  if (saysNothing(tile.status)) return false;
  if (mayServeOnError(tile, layer, now(), { gone: true }, undefined, verdict)) return true;
  const asked = { stored: tile, request: wanted.policy, layer, now: now(), disconnected: false, ...verdict };
  if (decide(asked).kind === 'respond') return true;
  // What has a tag is validated, and that needs the host.
  return !tile.headers.has('etag') && isKnown(wanted, tools);
}

/** True if the layer's archive tells without the network what there is to answer: mostly that it has no such tile. */
async function isKnown({ address, request }: Wanted, { send }: CommandTools): Promise<boolean> {
  if (address.layer.archive === undefined) return false;
  const headers = { 'cache-control': 'only-if-cached' };
  const { status } = await send(new Request(request.url, { headers }), address);
  return !saysNothing(status);
}
