import type { ImageSource, MapSourceDataEvent, Map as MapLibreMap } from 'maplibre-gl';
import type { BindingClient } from './binding-client';
import { FailedTile } from './failed-tile';
import { type ImageBinding, type ImageBindingOptions, type Renew, createImageBinding } from './image-binding';
import { OutdatedTile, fetchChanged, isGone } from './load-image';
import { requestOf } from './maplibre-tiles';
import { placeInUrl } from './url-place';
import { checkBinding } from './check-binding';

/** Options of `bindImageSource`. */
export interface ImageSourceOptions extends ImageBindingOptions {
  /** The image's URL for a version, where the version is part of the URL. @default the image's own URL */
  url?: (version: string) => string;
}

/**
 * Binds an image source of a MapLibre map to the client. After a publication, or a purge that covers the image, the binding
 * first fetches the image into the cache, and then replaces the old one. The old one stays until then, and stays if that
 * fails. You may add the source to the map later, or remove and add it again.
 */
export function bindImageSource(
  map: MapLibreMap,
  sourceId: string,
  client: BindingClient,
  options: ImageSourceOptions = {},
): ImageBinding {
  checkBinding(client, options, { layer: true, signal: true, url: true } satisfies Record<
    keyof ImageSourceOptions,
    true
  >);
  const layer = options.layer ?? sourceId;
  const source = () => {
    const from = map.getSource(sourceId) as ImageSource | undefined;
    return from?.type === 'image' && from.url ? from : undefined;
  };
  const versioned = () => {
    const version = client.version(layer);
    return version === undefined ? undefined : options.url?.(version);
  };
  const urlOf = (from: ImageSource) => versioned() ?? from.url;

  const follow = () => {
    const from = source();
    const url = versioned();
    return !!from && url !== undefined && url !== from.url;
  };

  return createImageBinding(
    {
      layer,
      renew: createRenew(map, source, urlOf),
      place() {
        const from = source();
        return from && (placeInUrl(urlOf(from)) ?? null);
      },
      onMap: () => !!source(),
      state() {
        const from = source();
        if (!from) return 'shown';
        return !from.loaded() ? 'busy' : from.image ? 'shown' : 'failed';
      },
      follow,
      listen({ look, again, unbind }) {
        const onSource = (event: MapSourceDataEvent) => {
          if (event.sourceId !== sourceId) return;
          look();
          // A source that is added after the version is known may have the URL of another version.
          if (event.sourceDataType === 'metadata' && follow()) again();
        };
        map.on('sourcedata', onSource);
        map.on('idle', look);
        map.on('remove', unbind);
        return () => void map.off('sourcedata', onSource).off('idle', look).off('remove', unbind);
      },
    },
    client,
    options,
  );
}

/** Returns what fetches the image again, and shows it. */
function createRenew(
  map: MapLibreMap,
  source: () => ImageSource | undefined,
  urlOf: (from: ImageSource) => string,
): Renew {
  return async (signal, turn, refuses) => {
    const from = source();
    if (!from) return;
    const before = from.url;
    const url = urlOf(from);
    const request = await requestOf(map, url, 'Image');
    let gone = false;
    if (request) {
      const response = await fetchChanged(request.url, { ...request.init, signal });
      gone = isGone(response.status);
      if (!response.ok && !gone) throw new FailedTile(response);
      if (refuses(response.headers)) throw new OutdatedTile();
      await decodes(await response.blob(), gone);
    }
    await turn(() => {
      // The user may have set another image in the meantime.
      if (signal.aborted || source() !== from || from.url !== before) return;
      // MapLibre before version 6 cannot show an empty image source: show a transparent pixel.
      from.updateImage(gone ? { image: new ImageData(1, 1) } : { url });
    });
    return gone ? 'gone' : undefined;
  };
}

/** Rejects if the body is not an image. MapLibre itself would report an error and keep the old image. */
async function decodes(body: Blob, gone: boolean): Promise<void> {
  if (!gone) (await createImageBitmap(body)).close();
}
