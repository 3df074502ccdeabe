import { describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/page/env';
import { createWorkerLink } from '../../../src/worker/worker-link';
import { settle } from '../fake-clock';
import { FakeContainer, FakeRegistration, FakeServiceWorker } from '../fake-worker';

const SCRIPT = 'https://maps.example/sw.js';

function setUp(
  prepare: (registration: FakeRegistration, container: FakeContainer) => void,
  options: { href?: string; scope?: string; script?: string | undefined } = {},
) {
  const { href = 'https://maps.example/map', scope = 'https://maps.example/' } = options;
  const registration = new FakeRegistration(scope);
  const container = new FakeContainer(registration);
  prepare(registration, container);
  const states: string[] = [];
  const closing = new AbortController();
  const env = { container: container as unknown as ServiceWorkerContainer, href } as Env;
  const script = 'script' in options ? options.script : SCRIPT;
  const link = createWorkerLink(
    env,
    script ? { serviceWorker: script, registration: { scope: '/' } } : {},
    () => states.push(link.state),
    closing.signal,
  );
  return { registration, container, link, states, closing };
}

describe('worker link', () => {
  it('follows a first load from registering to control', async () => {
    const { registration, container, link } = setUp(() => {});
    expect(link.state).toBe('pending');
    await link.settled;
    expect(container.registered).toEqual([[SCRIPT, { scope: '/' }]]);
    const worker = new FakeServiceWorker(SCRIPT);
    registration.install(worker);
    expect([link.state, link.active()]).toEqual(['pending', undefined]);
    registration.activate();
    // The worker does not claim the page: it gets messages, but no tile requests.
    expect([link.state, link.active()]).toEqual(['pending', worker]);
    container.control(worker);
    expect(link.state).toBe('active');
  });

  it('talks to the worker that controls the page although a new script cannot be registered', async () => {
    const old = new FakeServiceWorker('https://maps.example/old-sw.js');
    const failure = new TypeError('offline');
    const { link } = setUp((registration, page) => {
      registration.active = old;
      page.controller = old;
      page.register = () => Promise.reject(failure);
    });
    await link.settled;
    expect([link.state, link.active(), link.error]).toEqual(['active', old, failure]);
  });

  it.each([
    ['talks to the existing worker while its registration hangs', SCRIPT],
    ['waits until its script replaces another one', 'https://maps.example/old-sw.js'],
  ])('%s', async (_, script) => {
    const here = new FakeServiceWorker(script);
    const { link, states } = setUp((registration, page) => {
      registration.active = here;
      page.controller = here;
      page.register = () => new Promise(() => {});
    });
    await settle();
    expect(link.state).toBe(script === SCRIPT ? 'active' : 'pending');
    expect(link.active()).toBe(script === SCRIPT ? here : undefined);
    expect(new Set(states)).toEqual(new Set(script === SCRIPT ? ['active'] : []));
    if (script === SCRIPT) await link.settled;
  });

  it('reaches the active worker after a hard reload, without a controller', async () => {
    const worker = new FakeServiceWorker(SCRIPT);
    const { link } = setUp((registration) => void (registration.active = worker));
    await link.settled;
    expect([link.state, link.active()]).toEqual(['pending', worker]);
  });

  it('talks to the active worker while another waits, and to the new one from its activation on', async () => {
    const old = new FakeServiceWorker(SCRIPT);
    const { registration, container, link } = setUp((found, page) => {
      found.active = old;
      page.controller = old;
    });
    await link.settled;
    registration.install(new FakeServiceWorker(SCRIPT));
    registration.wait();
    expect([link.state, link.active()]).toEqual(['active', old]);
    const next = registration.waiting;
    registration.activate();
    container.control(next);
    expect([link.state, link.active()]).toEqual(['active', next]);
  });

  it('reports every step', async () => {
    const { registration, container, link, states } = setUp(() => {});
    await link.settled;
    const worker = new FakeServiceWorker(SCRIPT);
    registration.install(worker);
    registration.activate();
    container.control(worker);
    expect(states.at(0)).toBe('unavailable');
    expect(states.at(-1)).toBe('active');
  });

  it('does not mistake another scope’s controller for its own', async () => {
    const { link } = setUp((registration, container) => {
      registration.active = new FakeServiceWorker(SCRIPT);
      container.controller = new FakeServiceWorker('https://maps.example/shop/sw.js');
    });
    await link.settled;
    expect(link.state).toBe('pending');
  });

  it('is unavailable for a page outside of the scope, though messages reach the worker', async () => {
    const worker = new FakeServiceWorker(SCRIPT);
    const { link } = setUp((registration) => void (registration.active = worker), {
      scope: 'https://maps.example/maps/',
    });
    await link.settled;
    expect([link.state, link.active()]).toEqual(['unavailable', worker]);
  });

  it('is unavailable without service workers', async () => {
    const changed = vi.fn();
    const link = createWorkerLink(
      { container: undefined, href: 'http://maps.example/' } as Env,
      { serviceWorker: SCRIPT },
      changed,
      new AbortController().signal,
    );
    await link.settled;
    expect([link.state, link.error]).toEqual(['unavailable', expect.objectContaining({ code: 'NO_WORKER' })]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('404'))],
    [
      'throws',
      () => {
        throw new Error('404');
      },
    ],
  ])('is unavailable and says why when registering %s', async (_, register) => {
    const { link } = setUp((_registration, container) => void (container.register = register));
    await link.settled;
    expect(link.state).toBe('unavailable');
    expect(link.error).toMatchObject({ message: '404' });
  });

  /** Makes the only worker fail to install. `becomeReady` activates a worker of this page's scope. */
  async function failToInstall() {
    let becomeReady: (registration: FakeRegistration) => void = () => {};
    const { registration, container, link } = setUp((_, page) => {
      page.ready = new Promise((resolve) => (becomeReady = resolve));
    });
    await link.settled;
    const failing = new FakeServiceWorker(SCRIPT);
    registration.install(failing);
    registration.installing = null;
    failing.become('redundant');
    return { container, link, becomeReady };
  }

  it('is unavailable when the only worker fails to install', async () => {
    const { link } = await failToInstall();
    expect(link.state).toBe('unavailable');
  });

  it.each([
    ['finds the worker that is registered again after the first one failed to install', SCRIPT],
    ['ignores a worker of another script when its own fails to install', 'https://maps.example/other.js'],
  ])('%s', async (_, script) => {
    const { container, link, becomeReady } = await failToInstall();
    const next = new FakeRegistration('https://maps.example/');
    next.active = new FakeServiceWorker(script);
    container.controller = next.active;
    becomeReady(next);
    await settle();
    expect(link.active()).toBe(script === SCRIPT ? next.active : undefined);
    expect(link.state).toBe(script === SCRIPT ? 'active' : 'unavailable');
  });

  it('finds a worker that other code registers, now or later', async () => {
    let registered: (registration: FakeRegistration) => void = () => {};
    const { container, link } = setUp(
      (_, page) => {
        page.found = undefined;
        page.ready = new Promise((resolve) => (registered = resolve));
      },
      { script: undefined },
    );
    await link.settled;
    expect(link.state).toBe('unavailable');
    const registration = new FakeRegistration('https://maps.example/');
    registration.active = new FakeServiceWorker(SCRIPT);
    container.controller = registration.active;
    registered(registration);
    await settle();
    expect(link.state).toBe('active');
    expect(container.registered).toEqual([]);
  });

  it('distinguishes messages of its own workers from others', async () => {
    const worker = new FakeServiceWorker(SCRIPT);
    const { link } = setUp((registration) => void (registration.active = worker));
    await link.settled;
    expect(link.owns(worker)).toBe(true);
    expect(link.owns(null)).toBe(true);
    expect(link.owns(new FakeServiceWorker('https://maps.example/other.js'))).toBe(false);
  });

  it('ignores events once closed', async () => {
    const { registration, container, link, states, closing } = setUp(() => {});
    await link.settled;
    const before = states.length;
    closing.abort();
    registration.install(new FakeServiceWorker(SCRIPT));
    container.control(null);
    expect(states).toHaveLength(before);
  });
});
