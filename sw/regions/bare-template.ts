import type { ResolvedLayer } from '../../src/shared/layer-options';
import { isSecretName, isSecretSegment, looksLikeToken } from '../../src/shared/secrets';
import type { SavedLayer } from './records';

/** True if a layer's response depends on the user that asks: on a partition, or on a secret in the URL. */
export const isPrivate = (
  { template, partition }: Pick<SavedLayer, 'template' | 'partition'>,
  layer: ResolvedLayer,
): boolean => partition !== '' || (!layer.shareAcrossCredentials && bareTemplate(template, layer) !== template);

/**
 * Returns a template without credentials: user and password, and parameters that are secrets by their name or look like
 * one. Returns undefined if the path holds a secret: then the template cannot be written down at all.
 */
export function bareTemplate(
  template: string,
  { secretParams }: Pick<ResolvedLayer, 'secretParams'>,
): string | undefined {
  const [whole, fragment] = template.split('#', 2) as [string, string?];
  const [path, ...rest] = whole.replace(/^(\w+:\/\/|\/\/)[^/?]*@/, '$1').split('?') as [string, ...string[]];
  const segments = path.split('/').map(decoded);
  if (segments.some((segment, i) => isSecretSegment(secretParams, segment, segments[i - 1]))) return undefined;
  const params = rest.join('?').split('&');
  const nameOf = (param: string) => decoded(param.split('=', 1)[0]!).toLowerCase();
  const signed = params.some((param) => nameOf(param) === 'sig');
  const isSecret = (param: string) =>
    isSecretName(secretParams, nameOf(param), signed) ||
    looksLikeToken(nameOf(param)) ||
    looksLikeToken(decoded(param.slice(param.indexOf('=') + 1)));
  const kept = params.filter((param) => !isSecret(param));
  // An empty query stays: a result that differs from the template has lost a secret.
  const query = rest.length > 0 && kept.length > 0 ? `?${kept.join('&')}` : '';
  return (
    path + query + (fragment === undefined || isSecretSegment(secretParams, decoded(fragment)) ? '' : `#${fragment}`)
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
