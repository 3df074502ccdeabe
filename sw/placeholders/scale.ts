import type { Cut } from './ancestor';

/** Cuts a part out of an image and scales it to the image's own size. */
export type CutOut = (image: Blob, cut: Cut) => Promise<Blob>;

/** True if this browser lets a worker draw. */
export function canScale(): boolean {
  return typeof OffscreenCanvas === 'function' && typeof createImageBitmap === 'function';
}

/** Rejects if the browser cannot decode the image. */
export const cutOut: CutOut = async (image, { left, top, size }) => {
  const bitmap = await createImageBitmap(image);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, left * width, top * height, size * width, size * height, 0, 0, width, height);
  bitmap.close();
  // Without transparency JPEG is quicker to make and to read; everything else keeps it.
  return canvas.convertToBlob({ type: image.type === 'image/jpeg' ? 'image/jpeg' : 'image/png' });
};
