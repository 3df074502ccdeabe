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
import type { Region, RegionsApi } from '../page/region-types';
import { fillQuery, fillSpec } from './fill-spec';
import { cancelOn, untilComplete } from './follow';
import { createKnownRegions, type KnownRegions } from './known-regions';

/** The tools that the client lends to this script. */
interface RegionsTools {
  env: Env;
  /** Returns the scope of the registration. */
  scope: () => string | undefined;
  send: <T>(command: RegionCommand, signal?: AbortSignal) => Promise<T>;
  on: Emitter<ClientEvents>['on'];
  closed: AbortSignal;
  /** Functions that the page has loaded already. Importing them here would make another script of them. */
  own: { createEmitter: typeof createEmitter; failure: typeof failure; TileCacheError: typeof TileCacheError };
}

/** The commands that change a saved region. */
type RegionCommands = Pick<RegionsApi, 'pause' | 'resume' | 'update' | 'remove'>;

/**
 * Creates the page's side of offline regions: it sends commands to the worker, gives the worker time to work, and
 * reports its progress.
 */
export function createRegions({ env, scope, send, on, closed, own }: RegionsTools): RegionsApi & {
  coverage(query: CoverageQuery): Promise<TileCoverage[]>;
  drive(): void;
} {
  const driver = createDriver(
    env,
    `sw-tile-cache:regions:${scope() ?? ''}`,
    (where) => send<DriveResult>({ action: 'drive', ...where }),
    closed,
  );
  const known = createKnownRegions(on, own.createEmitter, driver.start);
  const { heard } = known;

  const ask = async (command: RegionCommand, signal?: AbortSignal) => heard(await send<RegionInfo>(command, signal));
  const commands: RegionCommands = {
    pause: (region) => ask({ action: 'pause', region }),
    resume: (region) => ask({ action: 'resume', region }),
    update: (region) => ask({ action: 'update', region }),
    remove: (region) => send<void>({ action: 'remove', region }),
  };
  const regionOf = (id: string) => createRegion(id, known, commands, own);

  /** Ends a save: removes the region if it was never complete, and otherwise pauses its update. */
  const cancel = (id: string) => {
    const info = known.get(id);
    if (info?.state === 'complete') return;
    void (info && info.edition > 0 ? commands.pause(id) : commands.remove(id)).catch(() => {});
  };

  const filled = (spec: RegionSpec) => fillSpec(spec, env.href, own.TileCacheError);

  return {
    async save(spec, { signal } = {}) {
      const early = signal?.aborted;
      try {
        await ask({ action: 'save', spec: filled(spec) }, signal);
      } catch (error) {
        // The worker may have started. If the signal had aborted before the call, nothing was sent.
        if (signal?.aborted && !early && typeof spec?.id === 'string') cancel(spec.id);
        throw error;
      }
      if (signal) cancelOn(known, signal, spec.id, () => cancel(spec.id));
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
    ...commands,
    export: (region, options) => send<Blob>(exportCommand(region, options)),
    async import(file, options) {
      const info = await ask(importCommand(file, options));
      void persist();
      return regionOf(info.id);
    },
    coverage: (query) => send<TileCoverage[]>({ action: 'coverage', query: fillQuery(query) }),
    drive: driver.start,
  };
}

function exportCommand(region: string, { layer, ratio }: Parameters<RegionsApi['export']>[1] = {}): RegionCommand {
  return {
    action: 'export',
    region,
    ...(layer !== undefined && { layer }),
    ...(ratio !== undefined && { ratio }),
  };
}

function importCommand(file: Blob, { template, id }: Parameters<RegionsApi['import']>[1] = {}): RegionCommand {
  return {
    action: 'import',
    file,
    ...(template !== undefined && { template }),
    ...(id !== undefined && { region: id }),
  };
}

function createRegion(id: string, known: KnownRegions, commands: RegionCommands, own: RegionsTools['own']): Region {
  let complete: Promise<RegionInfo> | undefined;
  return {
    id,
    get info() {
      return known.get(id)!;
    },
    get complete() {
      // Anew once it has settled: whoever resumes the region, here or in another tab, waits for what comes then.
      return (complete ??= untilComplete(known, id, own).finally(() => (complete = undefined)));
    },
    on: (event, listener) => known.on(event, (info) => info.id === id && listener(info)),
    pause: () => commands.pause(id),
    resume: () => commands.resume(id),
    update: () => commands.update(id),
    remove: () => commands.remove(id),
  };
}

/**
 * Asks the browser to keep the storage, unless it does already. Otherwise a browser that is short of space may delete
 * everything that the site has stored.
 */
async function persist(): Promise<void> {
  try {
    const storage = (globalThis.navigator as Navigator | undefined)?.storage;
    if (storage?.persist && !(await storage.persisted?.())) await storage.persist();
  } catch {
    // The region is saved all the same. An unhandled rejection would count as an error of the page.
  }
}
