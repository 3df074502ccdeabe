import { lightsArchive } from './lights';
import { createStaticFiles } from './static-files';

/** Layers that are one file each. The origin has no code for their tiles. */
export interface DemoArchives {
  has(layer: string): boolean;
  /** Replaces a layer's file with new data. The file's ETag is the layer's version. */
  renew(layer: string): Promise<{ layer: string; version: string }>;
  /** Restores the initial data. */
  rollback(): Promise<void>;
  serve(request: Request): Promise<Response | undefined>;
}

export const LIGHTS = 'lights';
const PATH = `/data/${LIGHTS}.pmtiles`;

export function createArchives(): DemoArchives {
  const files = createStaticFiles();
  const made = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  let edition = 0;
  const publish = async (next: number) => {
    edition = next;
    const making = made.get(next) ?? lightsArchive(next);
    made.set(next, making);
    return files.put(PATH, await making);
  };
  const first = publish(0);
  return {
    has: (layer) => layer === LIGHTS,
    async renew(layer) {
      const { etag } = await publish(edition + 1);
      return { layer, version: etag.slice(1, -1) };
    },
    async rollback() {
      if (edition > 0) await publish(0);
    },
    async serve(request) {
      await first;
      return files.serve(request);
    },
  };
}
