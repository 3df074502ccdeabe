import type { ResolvedLayer } from './layer-options';
import { ARCHIVE_TEMPLATES, DEFAULT_TEMPLATE } from './resolve-layer';
import { badTemplate, MAX_URL_LENGTH, parseTemplate, type Pieces, type Template } from './template';

/** A template, and the layers that it leads to. */
export interface Route extends Template {
  /** A text that every URL of the route contains, for a cheap test before the URL is parsed. */
  needle: string;
  rank: number;
  /** The layers by name, if the template has `{layer}`. */
  byName?: Map<string, ResolvedLayer>;
  layer?: ResolvedLayer;
  catchAll?: (name: string) => ResolvedLayer | undefined;
}

const MAX_NAMES = 1000;

const texts = (pieces: Pieces) => pieces.filter((_, i) => i % 2 === 0);

function createRoute(template: string, origin: string): Route {
  const parsed = parseTemplate(template, origin);
  const path = texts(parsed.path);
  // Leave out the host, which an unparsed URL may write with credentials or in capitals, and characters that may be
  // escaped.
  const needle = path
    .join('\n')
    .replace(/^\w+:\/\/[^/]*/, '')
    .split(/[\n!$&'()+,;=:@%~]/)
    .reduce((a, b) => (b.length > a.length ? b : a));
  const literal = [...path, ...parsed.query.flatMap(([name, value]) => [name, ...texts(value)])].join('').length;
  return { ...parsed, needle, rank: path[0]!.length * 4 * MAX_URL_LENGTH + literal };
}

/** Calls `make` once for each name. Forgets the oldest names above a limit. */
function remember<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    if (!known.has(name)) {
      const value = make(name);
      if (known.size >= MAX_NAMES) known.delete(known.keys().next().value!);
      known.set(name, value);
    }
    return known.get(name)!;
  };
}

/** The built-in templates. They apply at the root, and also below the app's own path. */
const BUILT_IN: readonly string[] = [DEFAULT_TEMPLATE, ...ARCHIVE_TEMPLATES];

function defaults(origin: string, scope: string | undefined, template = DEFAULT_TEMPLATE): string[] {
  const base = scope === undefined ? '/' : new URL(scope, origin).pathname.replace(/[^/]*$/, '');
  const own = base.replace(/[{}*]/g, encodeURIComponent).slice(0, -1) + template;
  return own === template ? [own] : [own, template];
}

/** What the routes are made of. */
export interface RouteOptions {
  layers: readonly ResolvedLayer[];
  catchAll?: (name: string) => ResolvedLayer | undefined;
  origin: string;
  scope?: string;
}

/** Creates the routes. Configured layers come before the catch-all, and more specific templates before others. */
export function createRoutes({ layers, catchAll, origin, scope }: RouteOptions): Route[] {
  const routes = new Map<string, Route>();
  for (const layer of layers)
    for (const given of layer.templates)
      for (const template of BUILT_IN.includes(given) ? defaults(origin, scope, given) : [given]) {
        const route = routes.get(template) ?? createRoute(template, origin);
        if (template.includes('{layer}')) (route.byName ??= new Map()).set(layer.name, layer);
        else if (route.layer && route.layer !== layer)
          badTemplate(`layers.${layer.name}.template`, template, `is that of layer ${route.layer.name} too`);
        else route.layer = layer;
        routes.set(template, route);
      }
  const sorted = [...routes.values()].sort((a, b) => b.rank - a.rank);
  if (!catchAll) return sorted;
  const configured = new Set(layers.map((layer) => layer.name));
  const make = remember((name) => (configured.has(name) ? undefined : catchAll(name)));
  return [...sorted, ...defaults(origin, scope).map((each) => ({ ...createRoute(each, origin), catchAll: make }))];
}
