export interface Size {
  code: string;
  bytes: number;
  gzip: number;
}
export function bundleSizes(): Promise<Record<'worker' | 'page', Size>>;
