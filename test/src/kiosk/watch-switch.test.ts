import { describe, expect, it } from 'vitest';
import { noteSwitch } from '../../../src/client/switched-off';
import { watchSwitch } from '../../../src/kiosk/watch-switch';
import { fakeStorage } from '../fake-storage';

const OWN = 'https://maps.example/lobby/sw.js';
const OTHER = 'https://maps.example/gate/sw.js';

describe('whether the origin has switched the page’s worker off', () => {
  it('is not told by the note about another worker of the origin', () => {
    const shared = fakeStorage();
    const container: { controller: ServiceWorker | null } = { controller: { scriptURL: OWN } as ServiceWorker };
    const isOff = watchSwitch(shared, container);
    noteSwitch(shared, true, OTHER);
    expect(isOff()).toBe(false);
    noteSwitch(shared, true, OWN);
    expect(isOff()).toBe(true);
    noteSwitch(shared, false, OTHER);
    container.controller = null;
    expect(isOff()).toBe(true);
    noteSwitch(shared, false, OWN);
    expect(isOff()).toBe(false);
  });

  it('is told by any note to a page that has never had its worker, and by one without a script', () => {
    const shared = fakeStorage();
    const container: { controller: ServiceWorker | null } = { controller: null };
    const isOff = watchSwitch(shared, container);
    expect(isOff()).toBe(false);
    noteSwitch(shared, true, OTHER);
    expect(isOff()).toBe(true);
    container.controller = { scriptURL: OWN } as ServiceWorker;
    expect(isOff()).toBe(false);
    noteSwitch(shared, true);
    expect(isOff()).toBe(true);
  });

  it('is false where storage or workers are missing', () => {
    expect(watchSwitch(undefined, undefined)()).toBe(false);
    const forbidden = { getItem: () => expect.fail('SecurityError'), setItem: () => {} };
    expect(watchSwitch(forbidden, { controller: null })()).toBe(false);
  });
});
