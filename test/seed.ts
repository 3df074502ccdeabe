import fc from 'fast-check';
import { afterAll, expect } from 'vitest';

/** Property tests draw the same cases at every run; `FC_SEED` draws others. */
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_126) });

/** Files share a process. One that replaces a global and does not restore it breaks another file, in some orders. */
const globals = () => {
  const { AbortController, Blob, Headers, Request, Response, URL, fetch, setTimeout } = globalThis;
  return { AbortController, Blob, Headers, Request, Response, URL, fetch, setTimeout };
};
const before = globals();
afterAll(() => {
  for (const [name, value] of Object.entries(globals()))
    expect(value === before[name as keyof typeof before], `The file restores globalThis.${name}`).toBe(true);
});
