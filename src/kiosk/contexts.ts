import { attempt } from '../page/env';
import type { KioskBinding } from './types';

/** Watches the WebGL contexts of the maps. */
export interface ContextWatch {
  /** Returns whether a map on the page has lost its context and not recovered it. */
  lost(): boolean;
  stop(): void;
}

/**
 * Canvases of libraries that draw only with WebGL. Other canvases are never asked for a WebGL context, because that
 * would create one and keep the canvas's library from getting another kind.
 */
const WEBGL_CANVAS = 'canvas.maplibregl-canvas, canvas.mapboxgl-canvas';

const isLost = (canvas: HTMLCanvasElement): boolean =>
  (canvas.getContext('webgl2') ?? canvas.getContext('webgl'))?.isContextLost() ?? false;

/** Creates the watch, which starts at once, because a context may be lost before the first look. */
export function watchContexts(bindings: readonly Pick<KioskBinding, 'view'>[]): ContextWatch {
  const lost = new Set<EventTarget>();
  const watched = new Map<HTMLElement, () => void>();
  let over = false;

  /** Listens at the map's container in the capture phase, because the events do not bubble. */
  function watch(container: HTMLElement): void {
    const onLost = ({ target }: Event) => void (target && lost.add(target));
    const onRestored = ({ target }: Event) => void (target && lost.delete(target));
    container.addEventListener('webglcontextlost', onLost, { capture: true });
    container.addEventListener('webglcontextrestored', onRestored, { capture: true });
    // Note the container first: if something below fails, do not start it again at each look.
    watched.set(container, () => {
      container.removeEventListener('webglcontextlost', onLost, { capture: true });
      container.removeEventListener('webglcontextrestored', onRestored, { capture: true });
      watched.delete(container);
    });
  }

  /** Asks the contexts themselves: one that was lost before the watch began fires no event. */
  function ask(container: HTMLElement): void {
    for (const canvas of container.querySelectorAll<HTMLCanvasElement>(WEBGL_CANVAS))
      if (isLost(canvas)) lost.add(canvas);
      else lost.delete(canvas);
  }

  /** Follows maps that are added, removed, or moved to another container. */
  function follow(): void {
    const containers = new Set(bindings.flatMap((binding) => attempt(() => binding.view())?.container ?? []));
    for (const [container, stop] of watched) if (!containers.has(container)) stop();
    // A container that is not an element, as in an unknown map library, has no context to lose.
    for (const container of containers) if (!watched.has(container)) attempt(() => watch(container));
    for (const container of watched.keys()) attempt(() => ask(container));
    // Forget canvases that were removed from the page.
    for (const canvas of lost) if (!(canvas as Partial<Node>).isConnected) lost.delete(canvas);
  }

  follow();
  return {
    lost() {
      if (!over) follow();
      return lost.size > 0;
    },
    stop() {
      over = true;
      for (const stop of [...watched.values()]) stop();
    },
  };
}
