import { decodeMeta } from '../store/tile-meta';
import type { PackItem } from '../store/pack';

/** The versions that a layer's tiles are labelled with; '' if they are not all of one. */
export type Labels = Record<string, string>;

/**
 * Returns the labels with those of more tiles. No version may have been known when the tiles were requested: once one
 * is, their labels tell whether they are of another.
 */
export function withLabels(labels: Labels, layer: string, items: readonly Pick<PackItem, 'meta'>[]): Labels {
  const own = new Set(items.map(({ meta }) => decodeMeta(meta)?.version ?? ''));
  own.delete('');
  if (own.size === 0) return labels;
  const before = labels[layer];
  const [label = ''] = own;
  const isOne = own.size === 1 && (before === undefined || before === label);
  return { ...labels, [layer]: isOne ? label : '' };
}
