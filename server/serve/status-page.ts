import type { ClientOrders } from '../../src/shared/manifest';
import type { PublishStatus } from '../publish/status';
import type { OriginState } from '../versions/state';
import type { ClientStats } from '../rum/client-stats';
import type { StreamStats } from '../versions/stream-handler';
import { html, type Html } from './html';

/** The data that the page shows. */
export interface StatusView {
  source: string;
  status: PublishStatus;
  /** The state, for the last publications. */
  state: OriginState;
  /** The orders to pages that are in force. */
  orders?: ClientOrders | undefined;
  streams: StreamStats;
  seen: ClientStats;
  /** The current time in epoch milliseconds. */
  now: number;
}

/** Publications that the page lists. */
const MOST = 20;

export const STYLE = `:root{color-scheme:light dark;background:Canvas;color:CanvasText;font:16px/1.5 system-ui,sans-serif}
body{max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
div{overflow-x:auto}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid light-dark(#ccc,#555);overflow-wrap:break-word}
th,time{white-space:nowrap}
div+div{margin-top:1rem}
strong{color:light-dark(#a40000,#ff9a8a)}`;

/**
 * The style element. It is outside of the template, so that its bytes match the hash in the Content-Security-Policy.
 */
const STYLE_ELEMENT: Html = { text: `<style>${STYLE}</style>` };

/** Returns the page: layers, publications, outstanding purges, streams. Pure; escapes every value. */
export function statusPage(view: StatusView): string {
  const { status, streams, seen, source, now } = view;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>sw-tile-cache</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1>sw-tile-cache</h1>
          <p>Serves ${source}, as of ${time(now)}.</p>
          <h2>Layers</h2>
          ${table('Layers', ['layer', 'version', 'staged', 'revision', 'since', 'check at the edge'], layerRows(status))}
          <h2>Orders to pages</h2>
          ${table(
            'Orders to pages',
            ['order', 'value'],
            Object.entries(view.orders ?? {}).map(([name, value]) => [name, String(value)]),
          )}
          <h2>Running publications</h2>
          ${table(
            'Running publications',
            ['layer', 'job', 'since'],
            status.running.map(({ layer, id, startedAt }) => [layer, id, time(startedAt)]),
          )}
          <h2>Unfinished publications</h2>
          ${table('Unfinished publications', ['layer', 'version', 'since', 'taken up', 'state'], unfinishedRows(status))}
          <h2>Last publications</h2>
          ${table('Last publications', ['time', 'layer', 'from', 'to', 'revision', 'where', 'purged', 'seen at the edge'], publicationRows(view.state))}
          <h2>Outstanding purges</h2>
          ${table('Outstanding purges', ['layer', 'edge', 'tags', 'URLs', 'since', 'tries', 'next try'], owedRows(status))}
          <h2>Clients by version</h2>
          ${table('Clients by version', ['layer', 'have the version in force', 'have another', 'share'], clientRows(seen))}
          <h2>Results from beacons</h2>
          ${table('Results from beacons', ['layer', ...STATUSES, 'shown stale', 'origin failed', 'other version'], seenRows(seen))}
          ${table(
            'Beacons',
            ['beacons', 'number'],
            Object.entries(seen.beacons).map(([outcome, count]) => [outcome, String(count)]),
          )}
          <h2>Streams</h2>
          ${table(
            'Streams',
            ['open', 'dropped as too slow', 'refused, no place', 'refused, too many of one address'],
            [[streams.clients, streams.dropped, streams.refused, streams.limited].map(String)],
          )}
        </main>
      </body>
    </html> `;
  return page.text;
}

type Cell = string | Html;

function layerRows({ layers }: PublishStatus): Cell[][] {
  return Object.entries(layers).map(([name, { version, staged, revision, publishedAt, verified }]) => [
    ...[name, version, staged ?? '', String(revision), time(publishedAt)],
    verified ? 'passed or off' : html`<strong>failed</strong>`,
  ]);
}

function unfinishedRows({ unfinished }: PublishStatus): Cell[][] {
  return unfinished.map(({ layer, version, since, tries, givenUp }) => [
    ...[layer, version, time(since), String(tries)],
    givenUp
      ? html`<strong>given up: publish the same again, or the whole layer</strong>`
      : 'runs, or is taken up after 20 s of silence',
  ]);
}

function publicationRows({ layers }: OriginState): Cell[][] {
  return Object.entries(layers)
    .flatMap(([layer, { steps }]) => steps.map((step) => ({ layer, ...step })))
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST)
    .map(({ layer, at, from, to, revision, range, purged, verified }) => [
      ...[time(at), layer, from ?? 'none', to, String(revision), whereOf(range)],
      purged ? 'yes' : html`<strong>no</strong>`,
      verified === undefined ? 'not checked' : verified ? 'yes' : html`<strong>no</strong>`,
    ]);
}

const whereOf = (range: OriginState['layers'][string]['steps'][number]['range']): string =>
  !range
    ? 'the whole layer'
    : [range.bbox && `box ${range.bbox.join(', ')}`, range.zooms && `zooms ${range.zooms.join(' to ')}`, range.scope]
        .filter(Boolean)
        .join('; ');

function clientRows({ layers }: ClientStats): Cell[][] {
  return Object.entries(layers)
    .filter(([, { current, old }]) => current + old > 0)
    .map(([layer, { current, old }]) => [
      ...[layer, String(current)],
      old > 0 ? html`<strong>${String(old)}</strong>` : '0',
      `${Math.round((current / (current + old)) * 100)} %`,
    ]);
}

const STATUSES = ['hit', 'stale', 'revalidated', 'miss', 'error'];

function seenRows({ layers }: ClientStats): Cell[][] {
  return Object.entries(layers)
    .filter(([, { answers }]) => Object.values(answers).some((count) => count > 0))
    .map(([layer, { answers, stale, errors, mismatches }]) => [
      layer,
      ...STATUSES.map((status) => String(answers[status] ?? 0)),
      ...[String(stale), String(errors), String(mismatches)],
    ]);
}

function owedRows({ layers }: PublishStatus): Cell[][] {
  return Object.entries(layers).flatMap(([layer, { outstanding }]) =>
    outstanding.map(({ cdn, tags, urls, since, tries, dueAt }) => [
      ...[
        layer,
        cdn ?? "the origin's own cache",
        tags.join(', '),
        urls === undefined ? 'all with a tag' : String(urls),
      ],
      ...[time(since), String(tries), time(dueAt)],
    ]),
  );
}

function table(name: string, heads: readonly string[], rows: readonly Cell[][]): Html {
  if (rows.length === 0) return html`<p>None.</p>`;
  return html`<div role="region" aria-label="${name}" tabindex="0"><table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table></div>`;
}

function time(at: number): Html {
  const text = Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : '';
  return html`<time datetime="${text}">${text.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>`;
}
