/** Hashes a text to 32 bits, to tell addresses apart without storing them: they may contain secrets. */
export function hash(text: string): string {
  let value = 0;
  for (const char of text) value = (Math.imul(value, 31) + char.charCodeAt(0)) | 0;
  return (value >>> 0).toString(36);
}
