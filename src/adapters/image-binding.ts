import type { TileUse } from '../shared/tile-use';
import type { TilePlace } from '../shared/tile-place';
import type { BindingClient } from './binding-client';
import type { Binding, BindingOptions } from './binding';
import { createBinding, type Heard } from './create-binding';
import { type Exchange, createSwapper } from './swapper';
import { turnsOf } from './swap-options';
import { tileKey } from '../screen/tile-key';
import type { Turn } from './turns';

/** Options of a binding of one image. */
export type ImageBindingOptions = Pick<BindingOptions, 'layer' | 'signal'>;

/** The binding of a single image (not of tiles). */
export type ImageBinding = Pick<Binding, 'layer' | 'client' | 'updating' | 'refresh' | 'unbind'>;

/** Requests the image again and shows it when it is its turn. Resolves and rejects as an `Exchange` does. */
export type Renew = (signal: AbortSignal, turn: Turn, refuses: (headers: Headers) => boolean) => ReturnType<Exchange>;

/** The part of an image binding that differs between map libraries. */
export interface ImagePart {
  /** The layer's name in the worker. */
  layer: string;
  /**
   * Returns the image's place, as the worker reads it from the URL: `null` if the URL does not tell it, `undefined`
   * while there is no image.
   */
  place(): TilePlace | null | undefined;
  /** Returns false while the map does not contain the layer. */
  onMap(): boolean;
  /** Call this when the browser's copy of the image may be old. */
  distrust?(): void;
  renew: Renew;
  /** Whether the image failed to load, or is on its way. */
  state(): 'failed' | 'busy' | 'shown';
  /** Puts the version in force into the image's URL. Returns true if that changed it. */
  follow(): boolean;
  /**
   * Listens to the library. Returns the function that stops listening. `again` requests the image again; `added` means
   * that the map may contain the layer now.
   */
  listen(heard: Heard & { again(): void; added(): void }): () => void;
}

/** The tile that stands for the image. No real tile has these numbers. */
const IMAGE = { z: -1, x: 0, y: 0 } as const;

/** Wraps a client so that it reports uses of images without a tile as uses of `IMAGE`. */
function seenAsImage(client: BindingClient, layer: string): BindingClient {
  const asImage = <T extends Pick<TileUse, 'layer' | 'tile'>>(one: T): T =>
    one.layer === layer && !one.tile ? { ...one, tile: IMAGE } : one;
  return {
    version: (name) => client.version(name),
    viewport: (view) => client.viewport(view),
    on(event, listener) {
      if (event !== 'used') return client.on(event, listener);
      const heard = listener as unknown as Parameters<typeof client.on<'used'>>[1];
      return client.on('used', ({ uses, validations, ...rest }) =>
        heard({
          ...rest,
          uses: uses.map(asImage),
          ...(validations && { validations: validations.map(asImage) }),
        }),
      );
    },
  };
}

/**
 * Connects one image and a client. The old image stays until the new one is there. If the worker answers with the
 * replaced version, the binding waits five seconds for the new one, because no event tells when an image without a
 * place has arrived.
 */
export function createImageBinding(part: ImagePart, client: BindingClient, options: ImageBindingOptions): ImageBinding {
  const turns = turnsOf({ swap: 'view' });
  const key = tileKey(IMAGE);
  const swapper = createSwapper(
    (_, signal, turn) => part.renew(signal, turn, (headers) => turns.refuses(key, headers)),
    turns,
  );
  /** True if the image changed while the map did not contain it. */
  let missed = false;
  const again = () => swapper.swap(key);
  const inner = createBinding(
    {
      layer: part.layer,
      swapper,
      turns,
      exchange(holds) {
        part.distrust?.();
        const place = part.place();
        if (place === undefined || !holds(IMAGE, place)) return;
        missed = !part.onMap();
        if (!missed) again();
      },
      follow: part.follow,
      screen() {
        const state = part.state();
        return { missing: state === 'failed' ? [key] : [], busy: state === 'busy' };
      },
      looksAt: () => undefined,
      listen: (heard) =>
        part.listen({
          ...heard,
          again,
          added() {
            if (!missed || !part.onMap()) return;
            missed = false;
            again();
          },
        }),
      tiles: () => (part.state() === 'shown' ? [IMAGE] : []),
      cover: () => undefined,
      view: () => undefined,
      supply: { camera: () => undefined, box: () => undefined, columns: () => undefined, request: () => undefined },
    },
    seenAsImage(client, part.layer),
    options,
  );
  return {
    layer: part.layer,
    client,
    get updating() {
      return inner.updating;
    },
    refresh: inner.refresh,
    unbind: inner.unbind,
  };
}
