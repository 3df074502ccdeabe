type Method = (...given: never[]) => unknown;

/** Methods by their names, separated by spaces; what does their work is loaded with the first call. */
export function lazyMethods<T extends Record<keyof T, Method>>(names: string, load: () => Promise<T>): T {
  const lazy =
    (name: keyof T) =>
    async (...given: never[]) =>
      (await load())[name](...given);
  return Object.fromEntries(names.split(' ').map((name) => [name, lazy(name as keyof T)])) as unknown as T;
}
