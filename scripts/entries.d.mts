export interface Entry {
  /** Path of the source file from the root of the package. */
  source: string;
  /** Name of the built file in dist/, without extension. */
  out: string;
}
export const root: string;
export const entries: Record<string, Entry>;
export const cli: Entry;
export const readyWorker: Entry;
export const removeWorker: Entry;
export const readyPage: Entry;
export const twofold: string[];
export function entriesOf(world: string): Entry[];
export function packageExports(): Record<string, string | { types: string; development?: string; default: string }>;
export function packageAlias(): Record<string, string>;
