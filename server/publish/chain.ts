import type { EdgeLayer } from '../layers/edge-layer';
import { planMislabelled, planPublication, type PublicationPlan } from './plan';
import { nameCdns, type NamedPurger } from './named-purger';
import { createProbe } from './probe';
import type { PublishOptions, PublishParts } from './publish-options';
import type { PublishRun } from './publish-run';
import { createUnderWay, type UnderWay } from './under-way';

/** The parts that all publications of an origin share. */
export interface Chain extends Pick<PublishParts, 'versions' | 'layers' | 'now' | 'sleep' | 'watch' | 'servedForms'> {
  maxPurgeUrls: number;
  onClear: PublishOptions['onClear'];
  makeVersion: NonNullable<PublishOptions['makeVersion']>;
  unknownLayers: NonNullable<PublishOptions['unknownLayers']>;
  /** Returns the current CDNs. The list may be filled after the origin was created. */
  cdns: () => readonly NamedPurger[];
  underWay: UnderWay;
  /** Looks at samples. Absent: `verify` is off. */
  probe: ReturnType<typeof createProbe> | undefined;
}

/** Creates the chain, once for each origin. */
export function createChain(options: PublishOptions, parts: PublishParts): Chain {
  const {
    purgers = [],
    maxPurgeUrls = 1000,
    verify = false,
    ready = {},
    onClear,
    makeVersion = randomVersion,
    unknownLayers = 'accept',
  } = options;
  const { versions, layers, now, watch, fetch, sleep, askHandlers, hasHandlers, servedTiles, servedForms } = parts;
  return {
    versions,
    layers,
    now,
    sleep,
    ...(watch && { watch }),
    ...(servedForms && { servedForms }),
    maxPurgeUrls,
    onClear,
    makeVersion,
    unknownLayers,
    cdns: () => nameCdns(purgers),
    underWay: createUnderWay(versions),
    probe: verify
      ? createProbe({ verify, ready, fetch, now, sleep, askHandlers, hasHandlers, servedTiles })
      : undefined,
  };
}

/** Returns the layer as the CDN serves it, if it is configured. */
export const edgeOf = ({ layers }: Chain, layer: string): EdgeLayer | undefined =>
  Object.hasOwn(layers, layer) ? layers[layer]?.edge : undefined;

/** Returns the plan of a run that publishes `version` after `previous`. */
export function planOf(
  chain: Chain,
  { publication, before, dropped }: PublishRun,
  version: string,
  previous: string | undefined,
): PublicationPlan {
  const atEdge = [version, previous, before?.staged].filter((each) => each !== undefined);
  const { layer } = publication;
  const served = chain.servedForms?.(layer) ?? [];
  const named = planPublication(publication, edgeOf(chain, layer), [...new Set(atEdge)], chain.maxPurgeUrls, served);
  const plan = before?.mislabelled ? planMislabelled(named, layer) : named;
  return dropped ? { ...plan, dropped } : plan;
}

/** Returns all caches that a publication makes stale: the origin's own (`undefined`), and the CDNs. */
export const holdersOf = ({ onClear, cdns }: Chain): Array<string | undefined> => [
  ...(onClear ? [undefined] : []),
  ...cdns().map(({ cdn }) => cdn),
];

function randomVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
