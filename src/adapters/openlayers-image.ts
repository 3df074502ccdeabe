import type OLMap from 'ol/Map.js';
import type ImageWrapper from 'ol/Image.js';
import type ImageLayer from 'ol/layer/Image.js';
import type Projection from 'ol/proj/Projection.js';
import type ImageSource from 'ol/source/Image.js';
import { TileCacheError } from '../shared/errors';
import type { TilePlace } from '../shared/tile-place';
import type { BindingClient } from './binding-client';
import { layerName } from './binding';
import { type ImageBinding, type ImageBindingOptions, type Renew, createImageBinding } from './image-binding';
import { STATE, divertElement } from './openlayers-tiles';
import { areaOf } from './openlayers-view';
import { placeInUrl } from './url-place';
import { checkBinding } from './check-binding';

/** An image layer of OpenLayers. */
export type OLImageLayer = ImageLayer<ImageSource>;

type Loader = ConstructorParameters<typeof ImageWrapper>[3];

/** Private members of an OpenLayers image source. */
interface Images {
  image: ImageWrapper | null;
  loader?: Loader | null;
  /** The extent that was requested; the image's own extent has a margin. */
  wantedExtent_?: number[];
  wantedResolution_?: number | number[];
  reprojectedImage_?: unknown;
  imageLoadFunction_?: (image: ImageWrapper, src: string) => void;
  handleImageChange(event: unknown): void;
  getUrl?(): string | undefined;
  getParams?(): object;
}

/** What the binding knows of the images that the source loads. */
interface Loads {
  addresses: WeakMap<ImageWrapper, string>;
  /** The images that the binding loads itself. */
  own: WeakSet<ImageWrapper>;
  /** True if the browser's copy of an image may be old. */
  distrusted: boolean;
}

/**
 * Binds an image layer of OpenLayers (a source that loads one image for each view: ImageWMS, ImageArcGISRest, Static …) to
 * the client. After a publication, or a purge that covers the view, the binding replaces the image on the screen. The old one
 * stays until the new one has loaded, and stays if that fails. Needs OpenLayers 10.1 or later. Throws `INVALID_OPTION`.
 */
export function bindImageLayer(
  layer: OLImageLayer,
  client: BindingClient,
  options: ImageBindingOptions = {},
): ImageBinding {
  checkBinding(client, options, { layer: true, signal: true } satisfies Record<keyof ImageBindingOptions, true>);
  const source = sourceOf(layer);
  const images = source as unknown as Images;
  const loads: Loads = { addresses: new WeakMap(), own: new WeakSet(), distrusted: false };
  const getMap = () => (layer.getMapInternal() as OLMap | null) ?? undefined;

  return createImageBinding(
    {
      layer: layerName(options.layer, images.getUrl?.()),
      place() {
        const { image } = images;
        if (!image) return undefined;
        const url = loads.addresses.get(image) ?? (images.getParams ? undefined : images.getUrl?.());
        if (url !== undefined) return placeInUrl(url) ?? null;
        return placeOf(image, source.getProjection() ?? getMap()?.getView().getProjection());
      },
      renew: createRenew(layer, images, loads, () => getMap()?.getPixelRatio()),
      onMap: () => !!getMap(),
      distrust: () => void (loads.distrusted = true),
      state() {
        const state = getMap() && images.image?.getState();
        if (state === STATE.ERROR) return 'failed';
        return state === STATE.LOADING || state === STATE.IDLE ? 'busy' : 'shown';
      },
      follow: () => false,
      listen({ look, added }) {
        const stopDiverting = divertLoads(images, loads);
        const events = ['imageloaderror', 'imageloadend'] as const;
        for (const event of events) source.on(event as never, look);
        // A layer fires no event when a map gets it, but it is drawn then.
        layer.on('prerender', added);
        look();
        return () => {
          for (const event of events) source.un(event as never, look);
          layer.un('prerender', added);
          stopDiverting();
        };
      },
    },
    client,
    options,
  );
}

function sourceOf(layer: OLImageLayer): ImageSource {
  const source = layer.getSource?.();
  if (source && 'image' in source && 'handleImageChange' in source) return source;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'layer',
    message: 'layer has no source of images.',
    remedy: 'Set an ImageWMS or Static source before binding the layer; bind tiles with bindLayer().',
  });
}

/** Returns the place of an image whose URL does not tell it. */
function placeOf(image: ImageWrapper, projection: Projection | undefined): TilePlace | null {
  const extent = image.getExtent();
  const pixels = ((extent[2]! - extent[0]!) / [image.getResolution()].flat()[0]!) * image.getPixelRatio();
  return (projection && areaOf(projection, extent, pixels)) ?? null;
}

/** Notes the addresses of the images that the source loads, past the browser's copies if those may be old. */
function divertLoads(images: Images, loads: Loads): () => void {
  const original = images.imageLoadFunction_;
  if (!original) return () => {};
  const diverted: typeof original = (image, src) => {
    loads.addresses.set(image, src);
    if (loads.distrusted && !loads.own.has(image)) divertElement(image.getImage());
    original(image, src);
  };
  images.imageLoadFunction_ = diverted;
  return () => {
    if (images.imageLoadFunction_ === diverted) images.imageLoadFunction_ = original;
  };
}

/** Returns what loads the image on the screen again, and shows it. */
function createRenew(
  layer: OLImageLayer,
  images: Images,
  { addresses, own }: Loads,
  pixelRatio: () => number | undefined,
): Renew {
  return async (signal, turn, refuses) => {
    const old = images.image;
    if (!old) return;
    const fresh = copyOf(images, old, pixelRatio());
    own.add(fresh);
    const { setImage } = fresh;
    fresh.setImage = (image) => {
      divertElement(image, undefined, refuses);
      setImage.call(fresh, image);
    };
    const address = addresses.get(old);
    if (address !== undefined) addresses.set(fresh, address);
    // The source's loader works on the source's current image, and reads it before it waits.
    images.image = fresh;
    const loaded = load(fresh, signal);
    images.image = old;
    await loaded;
    await turn(() => {
      // The map has moved on, and has requested its new view after the change.
      if (signal.aborted || images.image !== old) return;
      images.image = fresh;
      images.reprojectedImage_ = null;
      fresh.addEventListener('change', (event) => images.handleImageChange(event));
      layer.changed();
    });
  };
}

/** Returns a new image of the same extent that has not started to load. */
function copyOf(images: Images, old: ImageWrapper, ratio = old.getPixelRatio()): ImageWrapper {
  const Constructor = old.constructor as typeof ImageWrapper;
  const { loader } = old as unknown as { loader: Loader };
  return images.wantedExtent_ && images.loader
    ? new Constructor(images.wantedExtent_, images.wantedResolution_, ratio, images.loader)
    : new Constructor(old.getExtent(), undefined, old.getPixelRatio(), loader);
}

/** Resolves once the image has loaded. Rejects if it fails or the signal aborts. */
function load(image: ImageWrapper, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      const state = image.getState();
      if (!signal.aborted && state !== STATE.LOADED && state !== STATE.ERROR) return;
      image.removeEventListener('change', settle);
      signal.removeEventListener('abort', settle);
      if (state === STATE.LOADED && !signal.aborted) resolve();
      else reject(new Error('The image could not be loaded.'));
    };
    image.addEventListener('change', settle);
    signal.addEventListener('abort', settle);
    image.load();
  });
}
