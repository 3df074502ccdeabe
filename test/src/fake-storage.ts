/** Web storage in memory. Pass a map to look into it, or to share it. */
export const fakeStorage = (kept = new Map<string, string>()): Pick<Storage, 'getItem' | 'setItem'> => ({
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
});
