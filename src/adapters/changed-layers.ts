import { nextFrame } from './changes';

const documents = new WeakMap<Document, Set<string>>();

/**
 * Returns the names of the layers that have changed since the document first showed them, or that no binding has listened
 * to for a time. A document shows an image that it has shown before again from memory, without asking the worker. So the
 * first tiles of such a layer may be old on a map that a single-page app creates anew.
 */
export function changedLayers(): Set<string> {
  const known = documents.get(document) ?? new Set<string>();
  documents.set(document, known);
  return known;
}

/**
 * Loads no image from memory from now on. Requests the tiles on the screen in the next frame, because a binding of React's
 * strict mode ends at once. Returns the function that cancels that.
 */
export function renewShown(exchange: (holds: () => boolean) => void): () => void {
  exchange(() => false);
  return nextFrame(() => exchange(() => true));
}
