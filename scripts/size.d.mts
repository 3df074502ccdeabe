export interface Size {
  code: string;
  scripts: number;
  bytes: number;
  gzip: number;
  brotli: number;
}
export type Sizes = Record<'worker' | 'page' | 'pageAll' | 'binding' | 'prefetch', Size>;
export function bundleSizes(): Promise<Sizes>;
export function kilobytes(bytes: number): string;
export function withSizes(text: string, sizes: Sizes): string;
