import type { Env } from '../page/env';
import type { createEmitter, Emitter } from '../page/events';
import type { failure } from '../page/failure';
import type { ClientEvents } from '../page/types';
import type { TileCacheError } from '../shared/errors';
import type {
  CoverageQuery,
  DriveResult,
  RegionCommand,
  RegionEstimate,
  RegionInfo,
  RegionSpec,
  TileCoverage,
} from '../shared/regions';
import { createDriver } from './driver';
import type { Region, RegionEvents, RegionsApi } from '../page/region-types';

/** What the client lends. */
interface RegionsTools {
  env: Env;
  /** Of the registration. */
  scope: () => string | undefined;
  send: <T>(command: RegionCommand, signal?: AbortSignal) => Promise<T>;
  on: Emitter<ClientEvents>['on'];
  closed: AbortSignal;
  /** What the page has loaded already: imported here, it would be a script of its own. */
  own: { createEmitter: typeof createEmitter; failure: typeof failure; TileCacheError: typeof TileCacheError };
}

const ENDED: ReadonlySet<string> = new Set(['complete', 'incomplete', 'failed']);
const BUSY = new Set(['waiting', 'downloading', 'updating', 'outdated', 'lost']);

/** The page's side of offline regions: asks the worker, lets it work, and tells what it does. */
export function createRegions({ env, scope, send, on, closed, own }: RegionsTools): RegionsApi & {
  coverage(query: CoverageQuery): Promise<TileCoverage[]>;
  drive(): void;
} {
  const known = new Map<string, RegionInfo>();
  const { failure } = own;
  const { on: listen, emit } = own.createEmitter<RegionEvents>();
  const driver = createDriver(
    env,
    `sw-tile-cache:regions:${scope() ?? ''}`,
    (where) => send<DriveResult>({ action: 'drive', ...where }),
    closed,
  );

  /** A count that a restarted worker begins anew does not go back. */
  const heard = (region: RegionInfo): RegionInfo => {
    const last = known.get(region.id);
    const same = last && last.edition === region.edition && last.total === region.total && BUSY.has(region.state);
    const next =
      same && BUSY.has(last.state)
        ? { ...region, tiles: Math.max(last.tiles, region.tiles), bytes: Math.max(last.bytes, region.bytes) }
        : region;
    known.set(region.id, next);
    if (BUSY.has(next.state)) driver.start();
    if (last?.state !== next.state) emit('statechange', next);
    emit('progress', next);
    return next;
  };
  on('region', ({ region, removed, lost }) => {
    if (removed) {
      known.delete(region.id);
      emit('removed', region);
    } else {
      if (lost) emit('regionlost', region);
      heard(region);
    }
  });

  const ask = async (command: RegionCommand, signal?: AbortSignal) => heard(await send<RegionInfo>(command, signal));
  const pause = (region: string) => ask({ action: 'pause', region });
  const resume = (region: string) => ask({ action: 'resume', region });
  const update = (region: string) => ask({ action: 'update', region });
  const remove = (region: string) => send<void>({ action: 'remove', region });

  const regionOf = (id: string): Region => {
    let complete: Promise<RegionInfo> | undefined;
    return {
      id,
      get info() {
        return known.get(id)!;
      },
      get complete() {
        return (complete ??= untilComplete(id));
      },
      on: (event, listener) => listen(event, (info) => info.id === id && listener(info)),
      pause: () => pause(id),
      resume: () => ((complete = undefined), resume(id)),
      update: () => ((complete = undefined), update(id)),
      remove: () => remove(id),
    };
  };

  const untilComplete = (id: string) =>
    new Promise<RegionInfo>((resolve, reject) => {
      const look = (info: RegionInfo | undefined) => {
        if (info?.id !== id) return;
        if (info.state === 'complete') resolve(info);
        else if (info.error) reject(new own.TileCacheError(info.error));
        else if (info.state === 'incomplete')
          reject(
            failure('NETWORK_FAILED', `${info.failed} of ${info.total} tiles of ${id} failed.`, 'Resume the region.'),
          );
        else return;
        stop();
      };
      const stops = [
        listen('progress', look),
        listen('removed', (info) => {
          if (info.id !== id) return;
          reject(failure('ABORTED', `The region ${id} was removed.`, 'Save it again.'));
          stop();
        }),
      ];
      const stop = () => stops.forEach((each) => each());
      look(known.get(id));
    });

  /** Nothing that was never whole stays behind. */
  const cancel = (id: string) => {
    const info = known.get(id);
    if (info?.state === 'complete') return;
    void (info && info.edition > 0 ? pause(id) : remove(id)).catch(() => {});
  };

  /** The save that a signal ends, and not what becomes of the region later. */
  const cancelOn = (signal: AbortSignal, id: string) => {
    const abort = () => {
      stop();
      cancel(id);
    };
    const stops = [
      listen('statechange', (info) => info.id === id && ENDED.has(info.state) && stop()),
      listen('removed', (info) => info.id === id && stop()),
    ];
    const stop = () => {
      for (const each of stops) each();
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    else if (ENDED.has(known.get(id)?.state ?? '')) stop();
  };

  const addressOf = (style: string): string => {
    try {
      return new URL(style, env.href).href;
    } catch (cause) {
      const message = 'style must be a URL.';
      const remedy = 'Give the address of a style document.';
      throw new own.TileCacheError({ code: 'INVALID_OPTION', field: 'style', message, remedy }, { cause });
    }
  };

  const filled = (spec: RegionSpec): RegionSpec => {
    const layers =
      !Array.isArray(spec?.layers) || !isFine()
        ? spec?.layers
        : spec.layers.map((layer: unknown) => {
            if (typeof layer === 'string') return { layer, ratios: FINE };
            return typeof layer === 'object' && layer && !('ratios' in layer) ? { ...layer, ratios: FINE } : layer;
          });
    return {
      ...spec,
      layers: layers as RegionSpec['layers'],
      ...(typeof spec?.style === 'string' && { style: addressOf(spec.style) }),
    };
  };

  return {
    async save(spec, { signal } = {}) {
      const early = signal?.aborted;
      try {
        await ask({ action: 'save', spec: filled(spec) }, signal);
      } catch (error) {
        // The worker may have begun; what was aborted before was never sent.
        if (signal?.aborted && !early && typeof spec?.id === 'string') cancel(spec.id);
        throw error;
      }
      if (signal) cancelOn(signal, spec.id);
      void persist();
      driver.start();
      return regionOf(spec.id);
    },
    estimate: async (spec, { signal } = {}) => send<RegionEstimate>({ action: 'estimate', spec: filled(spec) }, signal),
    async list() {
      return (await send<RegionInfo[]>({ action: 'list' })).map(heard);
    },
    async get(id) {
      const all = await send<RegionInfo[]>({ action: 'list' });
      const info = all.find((region) => region.id === id);
      if (!info) return undefined;
      heard(info);
      return regionOf(id);
    },
    pause,
    resume,
    update,
    remove,
    export: (region, { layer } = {}) => send<Blob>({ action: 'export', region, ...(layer !== undefined && { layer }) }),
    async import(file, { template } = {}) {
      const command = { action: 'import', file, ...(template !== undefined && { template }) } as const;
      const info = heard(await send<RegionInfo>(command));
      void persist();
      return regionOf(info.id);
    },
    coverage: (query) =>
      send<TileCoverage[]>({ action: 'coverage', query: isFine() ? { ratios: FINE, ...query } : query }),
    drive: driver.start,
  };
}

/** What maps ask for on a screen with more than one device pixel to a pixel. */
const FINE = ['@2x'];
const isFine = () => ((globalThis as { devicePixelRatio?: number }).devicePixelRatio ?? 1) > 1;

/** Asked for with the first region: without it a browser that is short of room may delete all of the site's storage. */
async function persist(): Promise<void> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage;
  if (!storage?.persist || (await storage.persisted?.())) return;
  await storage.persist().catch(() => false);
}
