import type { EdgeLayer } from '../layers/edge-layer';
import { planPublication, type PublicationPlan } from './plan';
import { nameCdns, type NamedPurger } from './debts';
import { createProbe } from './probe';
import type { PublishOptions, PublishParts } from './publish-options';
import type { PublishRun } from './publish-run';
import { createUnderWay, type UnderWay } from './under-way';

/** What every publication of an origin is carried out with. */
export interface Chain extends Pick<PublishParts, 'versions' | 'layers' | 'now' | 'sleep' | 'watch' | 'servedForms'> {
  maxPurgeUrls: number;
  onClear: PublishOptions['onClear'];
  makeVersion: NonNullable<PublishOptions['makeVersion']>;
  unknownLayers: NonNullable<PublishOptions['unknownLayers']>;
  /** As they are now: the list may be filled after the origin was made, once the edges stand. */
  cdns: () => readonly NamedPurger[];
  underWay: UnderWay;
  /** Absent: samples are not looked at. */
  probe: ReturnType<typeof createProbe> | undefined;
}

/** Made once an origin. */
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

/** The layer as the CDN serves it, where that is known. */
export const edgeOf = ({ layers }: Chain, layer: string): EdgeLayer | undefined =>
  Object.hasOwn(layers, layer) ? layers[layer]?.edge : undefined;

/** The plan of a run that publishes `version`, where `previous` was in force. */
export function planOf(
  chain: Chain,
  { publication, before, dropped }: PublishRun,
  version: string,
  previous: string | undefined,
): PublicationPlan {
  const atEdge = [version, previous, before?.staged].filter((each) => each !== undefined);
  const { layer } = publication;
  const served = chain.servedForms?.(layer) ?? [];
  const plan = planPublication(publication, edgeOf(chain, layer), [...new Set(atEdge)], chain.maxPurgeUrls, served);
  return dropped ? { ...plan, dropped } : plan;
}

/** All that a publication makes stale besides clients: the origin's own cache (`undefined`), and the CDNs. */
export const holdersOf = ({ onClear, cdns }: Chain): Array<string | undefined> => [
  ...(onClear ? [undefined] : []),
  ...cdns().map(({ cdn }) => cdn),
];

function randomVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
