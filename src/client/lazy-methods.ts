type Method = (...given: never[]) => unknown;

/** Creates methods by their names, separated by spaces; the first call loads the code that does their work. */
export function lazyMethods<T extends Record<keyof T, Method>>(names: string, load: () => Promise<T>): T {
  const lazy =
    (name: keyof T) =>
    async (...given: never[]) =>
      (await load())[name](...given);
  return Object.fromEntries(names.split(' ').map((name) => [name, lazy(name as keyof T)])) as unknown as T;
}
