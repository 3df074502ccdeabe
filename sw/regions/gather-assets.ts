import type { FailedTile } from '../../src/shared/regions';
import type { Wanted } from '../lookup/wanted';
import type { Trouble } from './ask-origin';
import type { Filled } from './block-plan';
import { patienceFor, progress, slotsFor, turnOf } from './block-work';
import { packPath } from './blocks';
import { fillBlock } from './fill-block';
import type { Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { assetsBlock } from './live';
import type { Pack } from '../store/pack';
import { packCacheName } from './pack-store';
import type { Edition, RegionRecord } from './records';
import { putAndTell } from './put-and-tell';
import { needsOf } from './style';
import { budgetOf } from './trouble';
import { totalOf } from './total';
import { wantedOf } from './wanted';

/** The most characters of a URL that are told. */
const MAX_TOLD = 200;
/** The most bytes of one layer's part of a style. */
const MAX_ASSETS_BYTES = 256 * 1024 * 1024;

/** One layer's part of a style. */
export interface LayerAssets {
  layer: string;
  wanted: readonly Wanted[];
  filled: Filled;
  cacheName: string;
  /** The assets of the edition in force, and their pack. */
  old: Edition['assets'][number] | undefined;
  oldPack: Pack | undefined;
}

/** All that a style needs. */
export interface Assets {
  layers: LayerAssets[];
  /** Keys of the assets that have to be of one edition. */
  paired: ReadonlySet<string>;
  failed: FailedTile[];
}

/**
 * Stages the assets that the style needs, or finds them in the edition in force. Names assets that no layer of the
 * worker serves as failed. Resolves with undefined if the time is over before.
 */
export async function gatherAssets(
  record: RegionRecord,
  tools: WorkTools,
  limits: Limits,
): Promise<Assets | Trouble | undefined> {
  const failed: FailedTile[] = [];
  const paired = new Map<string, Wanted>();
  const glyphs = new Map<string, Wanted>();
  const take = async (into: Map<string, Wanted>, url: string) => {
    const wanted = paired.get(url) ?? glyphs.get(url) ?? (await wantedOf(url, tools));
    if (wanted) into.set(url, wanted);
    // The worker would get no request for it.
    else failed.push({ layer: '', reason: `no layer of the worker has ${pathOf(url)}` });
  };

  const style = record.spec.style!;
  await take(paired, style);
  const wanted = paired.get(style);
  const documents = [style];
  if (wanted) {
    const layer = wanted.address.layer.name;
    const own = await fillLayer(layer, [wanted], record, tools, limits);
    if (!own || 'reason' in own) return own;
    const needs = needsOf(await documentIn(own, wanted, tools), style, record.spec.glyphRanges);
    documents.push(...needs.documents);
    for (const url of [...documents, ...needs.files]) await take(paired, url);
    for (const url of needs.glyphs) await take(glyphs, url);
    // A map that is said to be complete must not be found empty offline.
    for (const what of needs.unseen) failed.push({ layer: '', reason: `no worker sees the ${what} of the style` });
  }

  const layers: LayerAssets[] = [];
  const groups = byLayer([...paired.values(), ...glyphs.values()]);
  const total = totalOf(
    record,
    [...groups.values()].map((wanted) => ({ wanted })),
  );
  // They count from here on.
  if (total !== tools.book.get(record.id)?.total) await putAndTell({ ...record, total }, tools);
  for (const [layer, wanted] of groups) {
    const own = await fillLayer(layer, wanted, record, tools, limits);
    if (!own || 'reason' in own) return own;
    layers.push(own);
  }
  // Sprites at a ratio, or glyphs of a range, that the host lacks are no failure: a map requests none of them.
  for (const url of documents) {
    const status = statusOf(layers, paired.get(url)?.key);
    if (status !== undefined && status !== 200)
      failed.push({ layer: paired.get(url)!.address.layer.name, reason: `${status} for ${pathOf(url)}` });
  }
  return { layers, paired: new Set([...paired.values()].map(({ key }) => key)), failed };
}

/** Fills one layer in several rounds, each from the assets that the one before has staged. */
async function fillLayer(
  layer: string,
  wanted: readonly Wanted[],
  record: RegionRecord,
  tools: WorkTools,
  limits: Limits,
): Promise<LayerAssets | Trouble | undefined> {
  const { packs, origin, nameOf } = tools;
  const draft = record.draft!;
  const { partition } = wanted[0]!.subject;
  const cacheName = packCacheName(nameOf(layer, '', partition), record.id);
  const old = record.edition?.assets.find((one) => one.layer === layer);
  const oldName = old && { cacheName: old.cacheName, path: packPath(origin, old.generation, 'assets') };
  const oldPack = oldName && (await packs.get(oldName));
  const own = await packs.get({ cacheName, path: packPath(origin, draft.number, 'assets') });
  const id = assetsBlock(layer);
  const isCounted = (key: string) => draft.ofAssets !== undefined && own?.entries.has(key) === true;
  const filled = await fillBlock(
    {
      region: record.id,
      id,
      turn: turnOf(draft),
      wanted,
      mode: draft.mode,
      own,
      old: oldPack,
      oldName,
      concurrency: Math.min(6, slotsFor(layer, tools)),
      most: MAX_ASSETS_BYTES,
      besides: draft.bytes - (draft.ofAssets?.bytes ?? 0),
      budget: budgetOf(record),
      ...patienceFor(record, tools),
    },
    tools,
    { ...limits, ...progress(record, id, isCounted, tools) },
  );
  if (!('tiles' in filled)) return filled.trouble;
  return { layer, wanted, filled, cacheName, old, oldPack };
}

/** Reads a document as it is gathered: of the edition in the making, not from the HTTP cache. */
async function documentIn(
  { filled, oldPack }: LayerAssets,
  { key }: Wanted,
  { packs }: Pick<WorkTools, 'packs'>,
): Promise<unknown> {
  const body = filled.items?.find((one) => one.key === key)?.body;
  const inPack = async (pack: Pack | undefined) => {
    const entry = pack?.entries.get(key);
    return pack && entry && packs.body(pack, entry);
  };
  // Another region may hold it.
  const bytes = body instanceof Uint8Array ? body : await inPack(body ? await packs.get(body.from) : oldPack);
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
  } catch {
    return undefined;
  }
}

function byLayer(all: Iterable<Wanted>): Map<string, Wanted[]> {
  const groups = new Map<string, Wanted[]>();
  for (const one of all) {
    const { name } = one.address.layer;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return groups;
}

/** Returns the URL's path, without parts that may be secret. */
function pathOf(url: string): string {
  if (!URL.canParse(url)) return 'what is no URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`.slice(0, MAX_TOLD);
}

/** The status with which an asset is there; undefined if it is not. */
function statusOf(layers: readonly LayerAssets[], key: string | undefined): number | undefined {
  for (const { filled, oldPack } of layers) {
    const all = filled.items ?? [...(oldPack?.entries.values() ?? [])];
    const own = all.find((item) => item.key === key);
    if (own) return own.status;
  }
  return undefined;
}
