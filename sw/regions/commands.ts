import { createArea } from '../../src/shared/area';
import type { LedgerState } from '../ledger/ledger';
import { TileCacheError } from '../../src/shared/errors';
import { readCoverageQuery, readRegionId, readRegionSpec } from '../../src/shared/read-region';
import {
  MAX_COVERAGE,
  MAX_REGION_TILES,
  type CoverageQuery,
  type RegionCommand,
  type RegionEstimate,
  type RegionInfo,
  type RegionSpec,
  type TileCoverage,
} from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { isRecord, refuse } from '../../src/shared/validate';
import { mayServeOnError } from '../policy/decide';
import { askOrigin, written } from './ask-origin';
import { blockOf } from './blocks';
import { allot, extrapolate, spread, strataOf } from './estimate';
import { type FillTools, fromStore } from './fill-block';
import { infoOf } from './info';
import { beginDraft, type Job } from './job';
import { packCacheName } from './pack-store';
import type { PackItem } from './pack';
import type { RegionRecord, SavedLayer } from './records';
import type { Space } from './space';
import { bulkForbidden, templateOf } from './templates';
import type { Wanted } from '../lookup/wanted';
import { createTransfer } from './transfer';
import { tileUrl, wantedOf, wantedTiles } from './wanted';

const CODE = 'INVALID_OPTION';
/** Milliseconds that a sample may take. */
const SAMPLE_MS = 10_000;
const SAMPLE_AT_ONCE = 6;

interface CommandTools extends FillTools {
  origin: string;
  job: Job;
  space: Space;
  /** Providers that the operator has an agreement with. */
  bulk: readonly string[];
  told: (id: string, now?: boolean) => void;
}

/** A region's request, checked against the layers that there are. */
interface Checked {
  spec: RegionSpec;
  layers: SavedLayer[];
  strata: ReturnType<typeof strataOf>;
  total: number;
}

/** What pages may ask of regions. Everything is checked before anything is asked of an origin, or changed. */
export function createRegionCommands(tools: CommandTools) {
  const { book, job, space, ledger, now, origin, records } = tools;

  const info = async (record: RegionRecord): Promise<RegionInfo> => {
    const live = job.live(record.id);
    const staged = !live && record.draft ? await records.countStaged(record.id).catch(() => 0) : 0;
    const persisted = await tools.persisted().catch(() => undefined);
    const info = infoOf(record, { live, state: ledger.state, now: now(), staged });
    return persisted === undefined ? info : { ...info, persisted };
  };

  const known = async (id: unknown): Promise<RegionRecord> => {
    await book.load();
    const record = book.get(readRegionId(id, 'id', CODE));
    if (record) return record;
    throw new TileCacheError({
      code: CODE,
      field: 'id',
      message: `There is no region ${String(id)}.`,
      remedy: 'Use an id that regions.list() names.',
    });
  };

  const stateNow = async () => {
    const state = ledger.state ?? (await ledger.load());
    if (state) return state;
    throw new TileCacheError({
      code: 'STORAGE_FAILED',
      message: 'Storage does not work: nothing can be kept.',
      remedy: 'Free storage for this site, or leave private browsing.',
    });
  };

  const check = async (given: unknown): Promise<Checked> => {
    const spec = readRegionSpec(given);
    const layers: SavedLayer[] = [];
    for (const [i, one] of spec.layers.entries()) layers.push(await checkLayer(spec, one, `layers[${i}]`));
    const area = createArea(spec.bounds);
    const ratios = layers.map((layer) => layer.ratios.length);
    const strata = strataOf(area, spec.zooms, ratios, MAX_REGION_TILES);
    const total = strata.reduce((sum, { count }) => sum + count, 0);
    if (total > MAX_REGION_TILES) {
      throw new TileCacheError({
        code: 'LIMIT_EXCEEDED',
        field: 'zooms',
        message: `The region has more than ${MAX_REGION_TILES} tiles (${total} or more).`,
        remedy: 'Use a lower highest zoom, or smaller bounds.',
      });
    }
    return { spec, layers, strata, total };
  };

  const checkLayer = async (
    spec: RegionSpec,
    one: RegionSpec['layers'][number],
    field: string,
  ): Promise<SavedLayer> => {
    const given = typeof one === 'string' ? { layer: one } : one;
    const name = typeof one === 'string' ? field : `${field}.layer`;
    const layer = tools.layer(given.layer);
    if (!layer) refuse(CODE, name, 'a layer of the worker', `Add ${given.layer} to the worker's layers.`);
    if (layer.crs !== 'EPSG:3857')
      refuse(CODE, name, 'a layer in Web Mercator', 'Leave it out: only EPSG:3857 is kept.');
    if (spec.zooms[1] > layer.maxZoom)
      refuse(CODE, 'zooms[1]', `at most ${layer.maxZoom}, the maxZoom of ${layer.name}`);
    const template = templateOf(given, layer, typeof one === 'string' ? field : `${field}.template`, tools, origin);
    const url = tileUrl({ layer: layer.name, template }, layer, { z: 0, x: 0, y: 0 }, '', 'v1', origin);
    const provider = bulkForbidden(url);
    if (provider && !tools.bulk.includes(provider)) {
      throw new TileCacheError({
        code: CODE,
        field: name,
        message: `The terms of ${provider} forbid fetching areas in advance.`,
        remedy: `Use another service, or regions({ bulk: ['${provider}'] }) where your agreement allows it.`,
      });
    }
    const wanted = await wantedOf(url, tools);
    const partition = wanted?.subject.partition ?? '';
    const ratios = template.includes('{r}') || template.includes('{ratio}') ? [...(given.ratios ?? [''])] : [''];
    const cacheName = packCacheName(tools.nameOf(layer.name, '', partition), spec.id);
    return { layer: layer.name, template, ratios, partition, cacheName };
  };

  /** `keep`: what is fetched is the region's first tiles. */
  const estimate = async ({ spec, layers, strata, total }: Checked, keep: boolean): Promise<RegionEstimate> => {
    const area = createArea(spec.bounds);
    const sizes: number[][] = strata.map(() => []);
    const jobs: Array<Wanted & { stratum: number; tile: TileId; layer: number }> = [];
    for (const [i, size] of allot(strata).entries()) {
      const { layer, zoom, count } = strata[i]!;
      const { ratios } = layers[layer]!;
      const tiles = spread(area, zoom, count / ratios.length, size);
      const wanted = await wantedTiles(layers[layer]!, tiles, tools, origin, book.accept(layers[layer]!.layer));
      // Of several ratios one after the other, so that all are in the sample.
      wanted
        .filter((_, k) => k % ratios.length === Math.floor(k / ratios.length) % ratios.length)
        .slice(0, size)
        .forEach((one) => jobs.push({ ...one, stratum: i, layer }));
    }
    const controller = new AbortController();
    let over = false;
    void tools.sleep(SAMPLE_MS).then(() => !over && controller.abort());
    let sampled = 0;
    let failures = 0;
    const queue = [...jobs];
    const stage = async (one: (typeof jobs)[number], item: Omit<PackItem, 'key'>) => {
      const block = `${one.layer} ${blockOf(one.tile)}`;
      await records.stage({ ...item, region: spec.id, block, key: one.key }).catch(() => {});
    };
    const one = async () => {
      while (queue.length > 0 && !controller.signal.aborted && failures < 5) {
        const next = queue.shift()!;
        const held = await fromStore(next, { region: spec.id }, tools);
        if (held) {
          sizes[next.stratum]!.push(held.bytes);
          if (keep) await stage(next, held.item);
          continue;
        }
        sampled += 1;
        const answered = await askOrigin(next, tools, controller.signal, false);
        if (answered.kind === 'trouble') failures += 1;
        if (answered.kind !== 'tile') continue;
        sizes[next.stratum]!.push(answered.bytes.byteLength);
        if (keep) await stage(next, { ...written(answered.tile), body: answered.bytes });
      }
    };
    await Promise.all(Array.from({ length: SAMPLE_AT_ONCE }, one));
    over = true;
    const { bytes, spread: range } = extrapolate(strata, sizes) ?? { bytes: undefined, spread: undefined };
    const counts: Record<string, number> = {};
    for (const { layer, count } of strata) {
      const name = layers[layer]!.layer;
      counts[name] = (counts[name] ?? 0) + count;
    }
    return { tiles: total, layers: counts, bytes, spread: range, sampled, available: await space.available() };
  };

  const fits = ({ bytes, available }: RegionEstimate, spec: RegionSpec, before: number) => {
    const refuseSize = (most: number, field: string, what: string, remedy: string): never => {
      throw new TileCacheError({
        code: 'LIMIT_EXCEEDED',
        field,
        message: `The region needs about ${bytes} bytes, and ${what} ${Math.floor(most)}.`,
        remedy,
      });
    };
    if (bytes === undefined) return;
    const budget = spec.maxBytes ?? 2 ** 30;
    if (bytes > budget)
      refuseSize(budget, 'maxBytes', 'maxBytes is', 'Use fewer zooms, smaller bounds, or a higher maxBytes.');
    // What it holds already is replaced block by block, and the whole is not there twice.
    if (available !== undefined && bytes - before > available)
      refuseSize(
        available,
        'bounds',
        'the browser has left',
        'Use fewer zooms or smaller bounds, or remove another region.',
      );
  };

  const save = async (given: unknown): Promise<RegionInfo> => {
    const checked = await check(given);
    const { spec } = checked;
    const state = await stateNow();
    await book.load();
    return job.alone(spec.id, () => saveAlone(checked, state));
  };

  const saveAlone = async (checked: Checked, state: LedgerState): Promise<RegionInfo> => {
    const { spec, layers, total } = checked;
    const before = book.get(spec.id);
    const sample = await estimate(checked, !before).catch(() => undefined);
    if (sample) {
      try {
        fits(sample, spec, before?.edition?.stored ?? 0);
      } catch (error) {
        if (!before) await records.unstage(spec.id).catch(() => {});
        throw error;
      }
    }
    const latest = book.get(spec.id);
    if (latest) await space.dropDraft(latest);
    const record: RegionRecord = {
      id: spec.id,
      name: spec.name ?? spec.id,
      spec,
      layers,
      createdAt: latest?.createdAt ?? now(),
      total,
      ...(sample?.bytes !== undefined && { expected: sample.bytes }),
      paused: false,
      borrows: latest?.borrows ?? [],
      garbage: latest?.garbage ?? [],
      last: latest?.last ?? 0,
      ...(latest?.edition && { edition: latest.edition }),
    };
    const begun = beginDraft(record, 'missing', state, now());
    await book.put(begun);
    tools.told(spec.id, true);
    return info(begun);
  };

  const change = async (id: unknown, next: (record: RegionRecord) => RegionRecord): Promise<RegionInfo> => {
    const { id: own } = await known(id);
    return job.alone(own, async () => {
      const after = next(await known(own));
      await book.put(after);
      tools.told(own, true);
      return info(after);
    });
  };

  const resume = (id: unknown) => {
    return change(id, (record) => {
      const { error: _, ...rest } = record;
      const next = { ...rest, paused: false };
      const { draft, edition } = next;
      const state = ledger.state!;
      if (draft) {
        const { stalled, ...going } = draft;
        if (!stalled) return { ...next, draft: { ...going, notBefore: 0, troubles: 0 } };
        // Only what failed is asked for again.
        return { ...next, draft: { ...going, pass: 1, list: openOf(record), open: [], done: 0, notBefore: 0 } };
      }
      return edition && edition.failed.length > 0 ? beginDraft(next, 'failed', state, now()) : next;
    });
  };

  const openOf = (record: RegionRecord) => space.ordinalsOf(record, record.draft!.failed);

  const remove = async (id: unknown): Promise<undefined> => {
    const record = await known(id);
    await job.alone(record.id, () => space.removeRegion(record.id));
    await tools.tell({ type: 'TILE_REGION', region: { ...(await info(record)), state: 'lost' }, removed: true });
    return undefined;
  };

  const coverage = async (given: unknown): Promise<TileCoverage[]> => {
    if (!isRecord(given)) refuse(CODE, 'query', 'an object');
    const query: CoverageQuery = readCoverageQuery(given);
    const layer = tools.layer(query.layer);
    if (!layer) refuse(CODE, 'layer', 'a layer of the worker');
    await book.load();
    const area = createArea(query.bounds);
    let count = 0;
    for (let zoom = query.zooms[0]; zoom <= query.zooms[1]; zoom += 1) count += area.count(zoom);
    if (count > MAX_COVERAGE)
      refuse(CODE, 'zooms', `less than ${MAX_COVERAGE} tiles with these bounds; it is ${count}`);
    const saved = book
      .all()
      .flatMap((record) => record.edition?.layers ?? [])
      .find((one) => one.layer === layer.name);
    const template = templateOf(
      { ...((query.template ?? saved?.template) ? { template: query.template ?? saved!.template } : {}) },
      layer,
      'template',
      tools,
      origin,
    );
    const like: SavedLayer = { layer: layer.name, template, ratios: [''], partition: '', cacheName: '' };
    const answers: TileCoverage[] = [];
    for (let zoom = query.zooms[0]; zoom <= query.zooms[1]; zoom += 1) {
      const wanted = await wantedTiles(like, [...area.tiles(zoom)], tools, origin, book.accept(layer.name));
      answers.push(
        ...(await Promise.all(wanted.map(async (one) => ({ tile: one.tile, covered: await isCovered(one) })))),
      );
    }
    return answers;
  };

  /** As the handler decides when there is no network. */
  const isCovered = async (wanted: Wanted): Promise<boolean> => {
    const { stored, unsureVariant } = await tools.lookup(wanted);
    if (!stored || stored.verdict.rule === 'absent' || unsureVariant) return false;
    const { tile, verdict } = stored;
    void tile.response?.body?.cancel().catch(() => {});
    return mayServeOnError(tile, wanted.subject.layer, now(), {}, undefined, verdict);
  };

  const transfer = createTransfer({ ...tools, check, info });
  const ofRegion = (command: RegionCommand) => (command as { region?: unknown }).region;

  return {
    info,
    async run(command: RegionCommand): Promise<unknown> {
      switch (command.action) {
        case 'save':
          return save(command.spec);
        case 'estimate':
          await stateNow();
          await book.load();
          return estimate(await check(command.spec), false);
        case 'list':
          await ledger.load();
          await book.load();
          return Promise.all(book.all().map(info));
        case 'pause':
          return change(ofRegion(command), (record) => ({ ...record, paused: true }));
        case 'resume':
          await stateNow();
          return resume(ofRegion(command));
        case 'update': {
          const state = await stateNow();
          return change(ofRegion(command), (record) =>
            record.draft && !record.draft.stalled
              ? { ...record, paused: false }
              : beginDraft({ ...record, paused: false }, record.edition ? 'all' : 'missing', state, now()),
          );
        }
        case 'remove':
          return remove(ofRegion(command));
        case 'coverage':
          await stateNow();
          return coverage(command.query);
        case 'drive':
          await space.tidy();
          return job.drive({ metered: command.metered === true, online: command.online !== false });
        case 'export':
          return transfer.exportRegion(await known(ofRegion(command)), command.layer);
        case 'import':
          await stateNow();
          return transfer.importRegion(command.file);
        default:
          return refuse('INVALID_MESSAGE', 'action', 'one that this worker knows');
      }
    },
  };
}
