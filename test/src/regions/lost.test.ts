// From the worker's message to the listener of a region.
import { expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import type { RegionInfo, RegionState } from '../../../src/shared/regions';
import type { RegionMessage } from '../../../src/shared/worker-messages';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';
import '../../../src/regions/index';

const info = (id: string, state: RegionState): RegionInfo => ({
  id,
  name: id,
  state,
  layers: ['roads'],
  bounds: [9, 53, 10, 54],
  zooms: [5, 6],
  tiles: state === 'complete' ? 4 : 0,
  total: 4,
  bytes: 0,
  stored: 0,
  failed: 0,
  failures: [],
  edition: 1,
  versions: {},
});

it('a region that the browser has deleted fires `regionlost`, with the region as it is now, and drives the worker', async () => {
  const browser = createFakeBrowser();
  const worker = browser.activeWorker();
  const { answer } = worker;
  const driven = () => worker.received.filter((message) => 'action' in message && message.action === 'drive').length;
  worker.answer = (message, reply) => {
    if (message.type !== 'TILE_REGIONS') return answer(message, reply);
    const result = message.action === 'list' ? [info('a', 'complete'), info('b', 'complete')] : {};
    reply({ type: 'TILE_ACK', id: message.id, ok: true, result });
  };
  const tab = browser.openTab();
  const made = createTileCacheClient({ serviceWorker: '/sw.js' }, tab.env);
  await browser.clock.advance(3000);
  const client = await made;
  const getting = Promise.all([client.regions.get('a'), client.regions.get('b')]);
  await browser.clock.advance(0);
  const [region, other] = await getting;

  const heard: string[] = [];
  for (const event of ['regionlost', 'statechange', 'removed'] as const) {
    region!.on(event, ({ id, state }) => heard.push(`${event} ${id} ${state}`));
    other!.on(event, ({ id }) => heard.push(`other: ${event} ${id}`));
  }
  const deliver = (message: Omit<RegionMessage, 'type'>) =>
    tab.container.deliver({ type: 'TILE_REGION', ...message }, browser.registration.active);
  expect(driven()).toBe(0);
  deliver({ region: info('a', 'lost'), lost: true });
  expect(heard).toEqual(['regionlost a lost', 'statechange a lost']);
  expect(region!.info.state).toBe('lost');
  await browser.clock.advance(0);
  await settle();
  expect(driven()).toBeGreaterThan(0);

  // The following download is progress, not another loss.
  deliver({ region: info('a', 'downloading') });
  deliver({ region: info('a', 'complete') });
  expect(heard.slice(2)).toEqual(['statechange a downloading', 'statechange a complete']);
  client.close();
});
