/**
 * Returns a 32-bit FNV-1a hash: fast, synchronous, for telling texts apart. It offers no protection against deliberate
 * collisions.
 */
export function digest(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
