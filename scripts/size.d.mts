export interface Size {
  code: string;
  bytes: number;
  gzip: number;
}
export function bundleSizes(): Promise<Record<'worker' | 'page', Size>>;
export function kilobytes(size: Size): string;
export function withSizes(text: string, sizes: Record<'worker' | 'page', Size>): string;
