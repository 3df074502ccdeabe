import type { Header } from 'pmtiles';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Section } from '../../src/shared/pmtiles-header';
import type { Opened } from './opened';

/** Content types by the archive's tile type (PMTiles version 3, section 3.3). */
const TYPES = [
  'application/octet-stream',
  'application/vnd.mapbox-vector-tile',
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/avif',
  'application/vnd.maplibre-tile',
];

export const contentTypeOf = ({ tileType }: Header): string => TYPES[tileType] ?? TYPES[0]!;

/** Returns a tile's tag: the same place of the same edition is the same tile. A version has no quotes in it. */
export const tagOf = (version: string, [offset, length]: Section) =>
  `"${version.replace(/"/g, '')}.${offset}.${length}"`;

/**
 * Returns the part of the archive's own Cache-Control that applies to its tiles: a lifetime only if it is shorter than
 * the layer's.
 */
function inheritedControl(cacheControl: string, layer: ResolvedLayer): string {
  const kept = cacheControl
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => {
      const age = /^max-age=(\d+)$/.exec(directive)?.[1];
      if (age !== undefined) return layer.maxAge !== undefined && Number(age) < layer.maxAge;
      return /^(no-store|no-cache|private|must-revalidate)$/.test(directive);
    });
  return kept.join(', ');
}

/** The facts that each answer from an archive carries. */
export interface AnswerFacts {
  layer: ResolvedLayer;
  version: string;
  cacheControl: string;
  now: number;
}

export function answerHeaders({ layer, version, cacheControl, now }: AnswerFacts): Headers {
  const headers = new Headers({ [layer.versionHeader]: version, date: new Date(now).toUTCString() });
  const control = inheritedControl(cacheControl, layer);
  if (control) headers.set('cache-control', control);
  return headers;
}

/** Returns the headers of an answer from an archive, with the archive's own Cache-Control. */
export const headersFrom = ({ version, first }: Opened, layer: ResolvedLayer, now: number): Headers =>
  answerHeaders({ layer, version, cacheControl: first.cacheControl, now });

/** Makes a text answer that says what is wrong; never a tile. */
export const textAnswer = (status: number, text: string): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' } });
