import type { TileCacheClient } from 'sw-tile-cache';

/** Calls `use` with the layer's tile URL, now and after each publication. Returns the function that stops. */
export function followVersion(
  client: Pick<TileCacheClient, 'on' | 'version'>,
  layer: string,
  template: string,
  use: (url: string) => void,
): () => void {
  let shown: string | undefined;
  const show = () => {
    const version = client.version(layer);
    const url = version === undefined ? template : `${template}${template.includes('?') ? '&' : '?'}v=${version}`;
    if (url !== shown) use((shown = url));
  };
  const stops = [client.on('status', show), client.on('versionchange', show)];
  show();
  return () => {
    for (const stop of stops) stop();
  };
}
