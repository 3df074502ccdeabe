import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { FirstBytes, FirstTools } from './first-bytes';
import type { ArchiveTools } from './types';

/** Returns the tools for asking the host of a layer's archive; `known` is what the host said before. */
export const toolsOf = (tools: ArchiveTools) => {
  const hash = async (bytes: Uint8Array<ArrayBuffer>) => {
    const digest = new Uint8Array(await tools.subtle.digest('SHA-256', bytes));
    return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  return (layer: ResolvedLayer, known?: FirstBytes): FirstTools => {
    const url = new URL(layer.archive!, tools.scope).href;
    return {
      fetch: tools.fetch,
      url,
      sameOrigin: url.startsWith(`${tools.origin}/`) && !known?.far,
      unsteady: known?.edition.unsteady,
      shortened: known?.edition.shortened,
      timers: tools.timers,
      now: tools.now,
      hash,
      notice: (detail) => tools.notice(layer.name, detail),
    };
  };
};
