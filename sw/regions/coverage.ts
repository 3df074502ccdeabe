import { createArea } from '../../src/shared/area';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { readCoverageQuery } from '../../src/shared/read-region';
import { MAX_COVERAGE, type CoverageQuery, type TileCoverage } from '../../src/shared/regions';
import { isRecord, refuse } from '../../src/shared/validate';
import type { Wanted } from '../lookup/wanted';
import { mayServeOnError } from '../policy/decide';
import type { CommandTools } from './command-tools';
import type { SavedLayer } from './records';
import { templateOf } from './templates';
import { wantedTiles } from './wanted';

const CODE = 'INVALID_OPTION';

/** Which tiles of an area a map would get without a network. */
export async function coverageOf(given: unknown, tools: CommandTools): Promise<TileCoverage[]> {
  const { book, origin } = tools;
  if (!isRecord(given)) refuse(CODE, 'query', 'an object');
  const query = readCoverageQuery(given);
  const layer = tools.layer(query.layer);
  if (!layer) refuse(CODE, 'layer', 'a layer of the worker');
  await book.load();
  const area = createArea(query.bounds);
  const [lowest, highest] = query.zooms;
  let count = 0;
  for (let zoom = lowest; zoom <= highest; zoom += 1) count += area.count(zoom);
  if (count > MAX_COVERAGE) refuse(CODE, 'zooms', `less than ${MAX_COVERAGE} tiles with these bounds; it is ${count}`);
  const asked = askedLayer(query, layer, tools);
  const answers: TileCoverage[] = [];
  for (let zoom = lowest; zoom <= highest; zoom += 1) {
    const wanted = await wantedTiles(asked, [...area.tiles(zoom)], tools, origin, book.accept(layer.name));
    const coverage = wanted.map(async (one) => ({ tile: one.tile, covered: await isCovered(one, tools) }));
    answers.push(...(await Promise.all(coverage)));
  }
  return answers;
}

/** The layer with the template that was given, else the one that a region has it by. */
function askedLayer({ template }: CoverageQuery, layer: ResolvedLayer, tools: CommandTools): SavedLayer {
  const saved = tools.book
    .all()
    .flatMap((record) => record.edition?.layers ?? [])
    .find((one) => one.layer === layer.name);
  const known = template ?? saved?.template;
  return {
    layer: layer.name,
    template: templateOf(known ? { template: known } : {}, layer, 'template', tools, tools.origin),
    ratios: [''],
    partition: '',
    cacheName: '',
  };
}

/** As the handler decides when there is no network. */
async function isCovered(wanted: Wanted, { lookup, now }: CommandTools): Promise<boolean> {
  const { stored, unsureVariant } = await lookup(wanted);
  if (!stored || stored.verdict.rule === 'absent' || unsureVariant) return false;
  const { tile, verdict } = stored;
  void tile.response?.body?.cancel().catch(() => {});
  return mayServeOnError(tile, wanted.subject.layer, now(), {}, undefined, verdict);
}
