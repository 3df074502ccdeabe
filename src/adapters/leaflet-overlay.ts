import type * as L from 'leaflet';
import type { BindingClient } from './binding-client';
import { layerName } from './binding';
import { type ImageBinding, type ImageBindingOptions, type Renew, createImageBinding } from './image-binding';
import { EMPTY, show } from './leaflet-images';
import { imageOptions } from './leaflet-supply';
import { loadImage } from './load-image';
import { placeInUrl } from './url-place';
import { checkBinding } from './check-binding';

/** Options of `bindImageOverlay`. */
export interface OverlayOptions extends ImageBindingOptions {
  /** The image's URL for a version, where the version is part of the URL. @default the image's own URL */
  url?: (version: string) => string;
}

/** Private members of an overlay in Leaflet 1.9 and 2. */
interface Overlay {
  _url: string;
  _map?: L.Map | null;
  getElement(): HTMLElement | undefined;
  setUrl(url: string): unknown;
  options: L.ImageOverlayOptions & Pick<L.TileLayerOptions, 'referrerPolicy'>;
}

/** What the binding knows of the overlay's image. */
interface Asked {
  /** The URL that the user has set. Leaflet forgets it when it shows its error image. */
  url: string;
  /** True if the browser's copy of the image may be old. */
  distrusted: boolean;
}

/**
 * Binds a Leaflet image overlay to the client. After a publication, or a purge that covers the image, the binding replaces
 * the image. The old one stays until the browser has decoded the new one, and stays if that fails. Throws `INVALID_OPTION` if
 * neither the options nor the URL name the layer.
 */
export function bindImageOverlay(
  layer: L.ImageOverlay,
  client: BindingClient,
  options: OverlayOptions = {},
): ImageBinding {
  checkBinding(client, options, { layer: true, signal: true, url: true } satisfies Record<keyof OverlayOptions, true>);
  const overlay = layer as unknown as Overlay;
  const name = layerName(options.layer, overlay._url);
  const asked: Asked = { url: overlay._url, distrusted: false };

  return createImageBinding(
    {
      layer: name,
      renew: createRenew(overlay, asked),
      place: () => (imageOf(overlay) ? (placeInUrl(asked.url) ?? null) : undefined),
      onMap: () => !!overlay._map,
      distrust: () => void (asked.distrusted = true),
      state() {
        const image = overlay._map && imageOf(overlay);
        if (!image) return 'shown';
        if (overlay._url !== asked.url || isBroken(image)) return 'failed';
        return image.complete ? 'shown' : 'busy';
      },
      follow() {
        const version = client.version(name);
        const url = version === undefined ? undefined : options.url?.(version);
        if (url === undefined || url === asked.url) return false;
        overlay._url = asked.url = url;
        return true;
      },
      listen({ look, again, added }) {
        const stopDiverting = divertSetUrl(overlay, asked, again);
        layer.on('load error add', look).on('add', added);
        look();
        return () => {
          layer.off('load error add', look).off('add', added);
          stopDiverting();
        };
      },
    },
    client,
    options,
  );
}

function imageOf(overlay: Overlay): HTMLImageElement | undefined {
  const element = overlay.getElement();
  return element instanceof HTMLImageElement ? element : undefined;
}

const isBroken = ({ complete, naturalWidth }: HTMLImageElement) => complete && naturalWidth === 0;

/** Notes the URLs that the user sets. Requests them past the browser's copies if those may be old. */
function divertSetUrl(overlay: Overlay, asked: Asked, again: () => void): () => void {
  const own = Object.hasOwn(overlay, 'setUrl');
  const { setUrl } = overlay;
  const diverted: Overlay['setUrl'] = (url) => {
    asked.url = url;
    if (!asked.distrusted || !imageOf(overlay)) return setUrl.call(overlay, url);
    overlay._url = url;
    again();
    return overlay;
  };
  overlay.setUrl = diverted;
  return () => {
    if (overlay.setUrl !== diverted) return;
    if (own) overlay.setUrl = setUrl;
    else delete (overlay as Partial<Overlay>).setUrl;
  };
}

/** Returns what loads the overlay's image again, and shows it. */
function createRenew(overlay: Overlay, asked: Asked): Renew {
  return async (signal, turn, refuses) => {
    const image = imageOf(overlay);
    if (!image) return;
    const { url } = asked;
    const loaded = await loadImage(url, { ...imageOptions(overlay.options), signal, refuses });
    let taken = false;
    await turn(() => {
      // The user may have set another image in the meantime.
      if (signal.aborted || url !== asked.url) return;
      taken = true;
      overlay._url = url;
      const src = loaded?.src ?? (overlay.options.errorOverlayUrl || EMPTY);
      // Fire Leaflet's events only for an image that Leaflet requested itself.
      show(image, src, !isBroken(image), loaded?.release);
    });
    if (!taken) return void loaded?.release();
    return loaded ? undefined : 'gone';
  };
}
