import type { RequestParameters } from 'maplibre-gl';
import type { TileId } from '../shared/tile';

/** The part of MapLibre 6's vector source that requests the tiles to cut. */
interface CutSource {
  _getTileRequest?(tile: TileId): Promise<RequestParameters>;
}

/** Makes MapLibre cut tiles anew after a change. */
export interface Cuts {
  /** Has the source's tiles cut anew from now on. */
  renew(source: object): void;
  /** Restores the source's own function. */
  release(): void;
}

/**
 * MapLibre's web workers keep the tiles that they have cut by the URL of the whole one, and show these again whatever
 * they receive for it. So the URL gets another fragment, which no request carries.
 */
export function createCuts(): Cuts {
  let wrapped: CutSource | undefined;
  let release = () => {};
  let mark = '';
  return {
    release: () => release(),
    renew(source: CutSource) {
      mark = Math.random().toString(36).slice(2);
      const original = source._getTileRequest;
      if (wrapped === source || !original) return;
      release();
      const own = Object.hasOwn(source, '_getTileRequest');
      const marked: typeof original = async (tile) => {
        const request = await original.call(source, tile);
        // The schemes of `addProtocol()` may have fragments of their own.
        return /^(https?:|[^:]*$)/.test(request.url) ? { ...request, url: `${request.url}#${mark}` } : request;
      };
      source._getTileRequest = marked;
      wrapped = source;
      release = () => {
        wrapped = undefined;
        if (source._getTileRequest !== marked) return;
        if (own) source._getTileRequest = original;
        else delete source._getTileRequest;
      };
    },
  };
}
