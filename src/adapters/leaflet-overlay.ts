import type * as L from 'leaflet';
import type { BindingClient } from './binding-client';
import { layerName } from './binding';
import { type ImageBinding, type ImageBindingOptions, type Renew, createImageBinding } from './image-binding';
import { EMPTY, show } from './leaflet-images';
import { imageOptions } from './leaflet-supply';
import { loadImage } from './load-image';
import { placeInUrl } from './url-place';

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

/**
 * Binds a Leaflet image overlay to the client. After a publication, or a purge that covers the image, the binding replaces
 * the image. The old one stays until the browser has decoded the new one, and stays if that fails. Throws `INVALID_OPTION` if
 * the URL does not say the layer's name.
 */
export function bindImageOverlay(
  layer: L.ImageOverlay,
  client: BindingClient,
  options: OverlayOptions = {},
): ImageBinding {
  const overlay = layer as unknown as Overlay;
  const name = layerName(options.layer, overlay._url);
  const image = () => {
    const element = overlay.getElement();
    return element instanceof HTMLImageElement ? element : undefined;
  };
  /** The URL that the user has set. Leaflet forgets it when it shows its error image. */
  let wanted = overlay._url;
  /** True if the browser's copy of the image may be old. */
  let distrusted = false;

  const broken = ({ complete, naturalWidth }: HTMLImageElement) => complete && naturalWidth === 0;
  const failed = (element: HTMLImageElement) => overlay._url !== wanted || broken(element);

  const renew: Renew = async (signal, turn, refuses) => {
    const element = image();
    if (!element) return;
    const url = wanted;
    const loaded = await loadImage(url, { ...imageOptions(overlay.options), signal, refuses });
    let taken = false;
    await turn(() => {
      // The user may have set another image in the meantime.
      if (signal.aborted || url !== wanted) return;
      taken = true;
      overlay._url = url;
      const src = loaded?.src ?? overlay.options.errorOverlayUrl ?? EMPTY;
      // Fire Leaflet's events only for an image that Leaflet requested itself.
      show(element, src, !broken(element), loaded?.release);
    });
    if (!taken) return void loaded?.release();
    return loaded ? undefined : 'gone';
  };

  return createImageBinding(
    {
      layer: name,
      renew,
      place: () => (image() ? (placeInUrl(wanted) ?? null) : undefined),
      onMap: () => !!overlay._map,
      distrust: () => void (distrusted = true),
      state() {
        const element = overlay._map && image();
        if (!element) return 'shown';
        return failed(element) ? 'failed' : element.complete ? 'shown' : 'busy';
      },
      follow() {
        const version = client.version(name);
        const url = version === undefined ? undefined : options.url?.(version);
        if (url === undefined || url === wanted) return false;
        overlay._url = wanted = url;
        return true;
      },
      listen({ look, again, added }) {
        const own = Object.hasOwn(overlay, 'setUrl');
        const { setUrl } = overlay;
        const diverted: Overlay['setUrl'] = (url) => {
          wanted = url;
          if (!distrusted || !image()) return setUrl.call(overlay, url);
          overlay._url = url;
          again();
          return overlay;
        };
        overlay.setUrl = diverted;
        layer.on('load error add', look).on('add', added);
        look();
        return () => {
          layer.off('load error add', look).off('add', added);
          if (overlay.setUrl !== diverted) return;
          if (own) overlay.setUrl = setUrl;
          else delete (overlay as Partial<Overlay>).setUrl;
        };
      },
    },
    client,
    options,
  );
}
