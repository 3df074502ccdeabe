import { describe, expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import { readOrders } from '../../../src/shared/read-orders';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';

const MESSAGE = 'Flood levels are from this morning: the sensors’ network is down.';

function setUp() {
  const browser = createFakeBrowser();
  browser.activeWorker();
  const says = (client: object | undefined) =>
    (browser.origin.respond = () => Response.json({ version: '1', ...(client && { client }) }));
  const open = async () => {
    const { env } = browser.openTab();
    const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v', interval: 60 } }, env);
    await browser.clock.advance(3000);
    return made;
  };
  const pass = async (seconds: number) => {
    await browser.clock.advance(seconds * 1000);
    await settle();
  };
  return { browser, says, open, pass };
}

describe('the operator’s message', () => {
  it('is in the status of every tab for as long as it is in the manifest, with an event for each change', async () => {
    const { says, open, pass } = setUp();
    says(undefined);
    const tabs = [await open(), await open()];
    const told: unknown[] = [];
    tabs[1]!.on('status', ({ message }) => told.push(message));
    const said = () => tabs.map((tab) => tab.status().message);
    expect(said()).toEqual([undefined, undefined]);
    says({ message: MESSAGE });
    await pass(70);
    expect(said()).toEqual([MESSAGE, MESSAGE]);
    says(undefined);
    await pass(70);
    expect(said()).toEqual([undefined, undefined]);
    expect(told.filter((one, i) => one !== told[i - 1])).toEqual([MESSAGE, undefined]);
  });

  it('reaches a page that opens later, while the origin is unreachable', async () => {
    const { browser, says, open, pass } = setUp();
    says({ message: MESSAGE });
    await open();
    await pass(5);
    browser.origin.respond = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await open()).status().message).toBe(MESSAGE);
  });

  it.each([[''], ['x'.repeat(201)], ['two\nlines'], ['\u0007'], [5], [['a']]])('is refused: %j', (message) => {
    expect(() => readOrders({ client: { message } })).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', field: 'client.message' }),
    );
  });

  it('is read unchanged', () => {
    const message = 'الخرائط قديمة <b>';
    expect(readOrders({ client: { message } })).toEqual({ message });
    expect(readOrders({ client: { message: null } })).toEqual({});
  });
});
