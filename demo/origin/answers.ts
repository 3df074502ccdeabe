import type { Context } from 'hono';
import { gzipSync } from 'node:zlib';
import type { DemoLayer } from './layers';
import { digest } from './seed';

/** Answers with 200 and an ETag, with 304 if the client has the same, or with 204 for an empty vector tile. */
export function conditional(
  context: Context,
  body: string | Uint8Array,
  type: string,
  headers: Record<string, string>,
  // The tag is weak, because the same tile is sent compressed and uncompressed (RFC 9110 section 8.8.1).
  etag = `W/"${digest(body, 16)}"`,
): Response {
  const sent = { ...headers, ETag: etag, Vary: 'Accept-Encoding' };
  const known = context.req.header('if-none-match')?.split(/\s*,\s*/) ?? [];
  if (known.includes(etag)) return context.body(null, 304, sent);
  if (body.length === 0) return context.body(null, 204, sent);
  const zipped = type !== 'image/png' && /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  return context.body((zipped ? gzipSync(body) : body) as Uint8Array<ArrayBuffer>, 200, {
    ...sent,
    'Content-Type': type,
    ...(zipped && { 'Content-Encoding': 'gzip' }),
  });
}

/** Returns a layer's TileJSON 3.0. */
export function tileJson(name: string, layer: DemoLayer, origin: string): string {
  return JSON.stringify({
    tilejson: '3.0.0',
    name: layer.title,
    tiles: [`${origin}/tiles/${name}/{z}/{x}/{y}.${layer.extension}`],
    minzoom: 0,
    maxzoom: layer.maxZoom,
    attribution: layer.attribution,
    ...(layer.vectorLayers && {
      vector_layers: Object.entries(layer.vectorLayers).map(([id, fields]) => ({ id, fields })),
    }),
  });
}
