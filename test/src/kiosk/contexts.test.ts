import { describe, expect, it } from 'vitest';
import { watchContexts } from '../../../src/kiosk/contexts';
import type { KioskBinding } from '../../../src/kiosk/types';

type View = ReturnType<KioskBinding['view']>;

/** A library's canvas in a page. */
function canvasOf(library: string) {
  let context: { isContextLost(): boolean } | undefined;
  let isLost = false;
  const canvas = Object.assign(new EventTarget(), {
    className: `${library}-canvas`,
    isConnected: true,
    contextsMade: 0,
    getContext(kind: string) {
      if (kind !== 'webgl2') return null;
      if (!context) canvas.contextsMade += 1;
      return (context ??= { isContextLost: () => isLost });
    },
    lose: (lost = true) => {
      isLost = lost;
    },
  });
  return canvas;
}
type Canvas = ReturnType<typeof canvasOf>;

/** A map's container; events pass through it on the way to the canvas. */
function mapWith(canvas: Canvas) {
  const container = Object.assign(new EventTarget(), {
    querySelectorAll: (selector: string) => (selector.includes(`.${canvas.className}`) ? [canvas] : []),
  });
  const say = (type: string) => {
    const event = new Event(type);
    Object.defineProperty(event, 'target', { value: canvas });
    container.dispatchEvent(event);
  };
  return { container, say, binding: { view: () => ({ container }) as unknown as View } };
}

describe('the context of a map', () => {
  it('is noticed as lost if that happened before the first look', () => {
    const { binding, say } = mapWith(canvasOf('deck'));
    const watch = watchContexts([binding]);
    say('webglcontextlost');
    expect(watch.lost()).toBe(true);
    say('webglcontextrestored');
    expect(watch.lost()).toBe(false);
  });

  it('is noticed as lost if that happened before the watch began', () => {
    const canvas = canvasOf('maplibregl');
    const { binding, say } = mapWith(canvas);
    canvas.getContext('webgl2');
    canvas.lose();
    const watch = watchContexts([binding]);
    expect(watch.lost()).toBe(true);
    canvas.lose(false);
    say('webglcontextrestored');
    expect(watch.lost()).toBe(false);
  });

  it('is noticed as lost, and as restored, without any event', () => {
    const canvas = canvasOf('maplibregl');
    const watch = watchContexts([mapWith(canvas).binding]);
    expect(watch.lost()).toBe(false);
    canvas.lose();
    expect(watch.lost()).toBe(true);
    canvas.lose(false);
    expect(watch.lost()).toBe(false);
  });

  it('is noticed as lost on a map that was added later, until its canvas is removed', () => {
    const canvas = canvasOf('mapboxgl');
    canvas.lose();
    const { binding } = mapWith(canvas);
    let there = false;
    const watch = watchContexts([{ view: () => (there ? binding.view() : undefined) }]);
    expect(watch.lost()).toBe(false);
    there = true;
    expect(watch.lost()).toBe(true);
    canvas.isConnected = false;
    expect(watch.lost()).toBe(false);
  });

  it('is not created by the watch, since the library may want another kind', () => {
    const canvas = canvasOf('ol');
    const watch = watchContexts([mapWith(canvas).binding]);
    expect([watch.lost(), canvas.contextsMade]).toEqual([false, 0]);
  });

  it('is not watched after the end', () => {
    const { binding, say } = mapWith(canvasOf('maplibregl'));
    const watch = watchContexts([binding]);
    watch.stop();
    say('webglcontextlost');
    expect(watch.lost()).toBe(false);
  });
});
