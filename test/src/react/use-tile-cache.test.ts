// @vitest-environment happy-dom
import { StrictMode, act, createElement, useEffect, type ReactNode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TileCacheProvider, useTileCache, type TileCacheState, type UseTileCacheOptions } from '../../../src/react';
import { fakeClient, layer } from './fake-client';

const created = vi.hoisted(() => ({ fakes: [] as unknown[], options: [] as unknown[] }));
vi.mock('../../../src/client/client', async () => {
  const { fakeClient: fake } = await import('./fake-client');
  return {
    createTileCacheClient(options: unknown) {
      const one = fake();
      created.fakes.push(one);
      created.options.push(options);
      return Promise.resolve(one.client);
    },
  };
});
const fakes = created.fakes as Array<ReturnType<typeof fakeClient>>;

beforeEach(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(async () => {
  await act(async () => roots.splice(0).forEach((root) => root.unmount()));
  fakes.length = created.options.length = 0;
});

const roots: Array<{ unmount(): void }> = [];
const seen: TileCacheState[] = [];
function Show({ options, name = 'map' }: { options?: UseTileCacheOptions; name?: string }) {
  const state = useTileCache(options);
  seen.push(state);
  return createElement('p', { id: name }, `${state.state} ${state.versions['roads'] ?? '-'}`);
}
/** Waits for the effects of the client's promise and of the delayed close. */
const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));

async function mount(element: ReactNode) {
  const container = document.body.appendChild(document.createElement('div'));
  const root = createRoot(container);
  roots.push(root);
  await act(async () => root.render(element));
  await settle();
  return { root, text: (name = 'map') => container.querySelector(`#${name}`)?.textContent };
}

describe('useTileCache', () => {
  it('renders again when the status changes, and not otherwise', async () => {
    const { text } = await mount(createElement(Show, { options: { serviceWorker: '/sw.js', ageInterval: 0 } }));
    expect(text()).toBe('pending -');
    expect(created.options).toEqual([{ serviceWorker: '/sw.js' }]);
    await act(async () => fakes[0]!.tell({ state: 'active', layers: { roads: layer('2') } }));
    expect(text()).toBe('active 2');
    const renders = seen.length;
    await settle();
    expect(seen.length).toBe(renders);
    expect(seen.at(-1)!.client).toBe(fakes[0]!.client);
  });

  it('creates one client in strict mode, and closes it with the component', async () => {
    const { root } = await mount(createElement(StrictMode, null, createElement(Show, { options: {} })));
    expect(fakes).toHaveLength(1);
    expect(fakes[0]!.closed()).toBe(0);
    await act(async () => root.unmount());
    await settle();
    expect(fakes[0]!.closed()).toBe(1);
    expect(fakes[0]!.listening()).toBe(0);
  });

  it('reads its options once: new objects in each render change nothing', async () => {
    const { root } = await mount(createElement(Show, { options: { versions: { url: '/v' } } }));
    await act(async () => root.render(createElement(Show, { options: { versions: { url: '/v' } } })));
    await settle();
    expect(fakes).toHaveLength(1);
  });

  it('shares the client of a provider with all components below, until the last unmounts', async () => {
    const tree = (...names: string[]) =>
      createElement(
        TileCacheProvider,
        { options: { serviceWorker: '/sw.js' } },
        names.map((name) => createElement(Show, { key: name, name })),
      );
    const { root, text } = await mount(tree('a', 'b'));
    expect(fakes).toHaveLength(1);
    await act(async () => fakes[0]!.tell({ state: 'active', layers: { roads: layer('3') } }));
    expect([text('a'), text('b')]).toEqual(['active 3', 'active 3']);
    await act(async () => root.render(tree('b')));
    await settle();
    expect(fakes[0]!.closed()).toBe(0);
    await act(async () => root.render(tree()));
    await settle();
    expect(fakes[0]!.closed()).toBe(1);
  });

  it('uses the app’s client, and leaves it open', async () => {
    const fake = fakeClient();
    const { root, text } = await mount(createElement(Show, { options: { client: fake.client } }));
    await act(async () => fake.tell({ state: 'active' }));
    expect(text()).toBe('active -');
    await act(async () => root.unmount());
    await settle();
    expect(fake.closed()).toBe(0);
    expect(fake.listening()).toBe(0);
    expect(fakes).toHaveLength(0);
  });

  it('makes the client available to effects', async () => {
    const bound: unknown[] = [];
    function Map() {
      const { client } = useTileCache({});
      useEffect(() => {
        if (client) bound.push(client);
      }, [client]);
      return null;
    }
    await mount(createElement(Map));
    expect(bound).toEqual([fakes[0]!.client]);
  });

  it('renders on a server, opens nothing there, and hydrates without a mismatch', async () => {
    const tree = createElement(TileCacheProvider, { options: {} }, createElement(Show));
    const html = renderToString(tree);
    expect(html).toContain('pending -');
    await settle();
    expect(fakes).toHaveLength(0);
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = html;
    const mismatch = vi.fn();
    await act(async () => void roots.push(hydrateRoot(container, tree, { onRecoverableError: mismatch })));
    await settle();
    expect(mismatch).not.toHaveBeenCalled();
    expect(fakes).toHaveLength(1);
    await act(async () => fakes[0]!.tell({ state: 'active' }));
    expect(container.textContent).toBe('active -');
  });

  it('fails without a provider and without options', () => {
    expect(() => renderToString(createElement(Show))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'options' }) as Error,
    );
  });
});
