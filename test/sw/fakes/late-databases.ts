/** Returns a promise, and the function that resolves it. */
export function sleeper(): { awake: Promise<void>; wake: () => void } {
  let wake!: () => void;
  const awake = new Promise<void>((resolve) => (wake = resolve));
  return { awake, wake };
}

/** Makes databases open only when the test calls `wake`. The databases exist already, so nothing is upgraded. */
export function lateDatabases(name: RegExp): { wake: () => void } {
  const { awake, wake } = sleeper();
  const real = indexedDB;
  globalThis.indexedDB = new Proxy(real, {
    get(target, property) {
      const value = Reflect.get(target, property) as unknown;
      if (property !== 'open') return typeof value === 'function' ? value.bind(target) : value;
      return (...args: Parameters<IDBFactory['open']>) => {
        const request = target.open(...args);
        if (!name.test(args[0])) return request;
        const listen = request.addEventListener.bind(request);
        request.addEventListener = (type: string, heard: (event: Event) => void) =>
          listen(type, (event) => void awake.then(() => heard(event)));
        return request;
      };
    },
  });
  return { wake };
}
