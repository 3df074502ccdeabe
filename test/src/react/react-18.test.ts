// @vitest-environment happy-dom
// The hook in the oldest React that it supports: the same tests, with other packages behind the same names.
import { version } from 'react';
import { afterAll, expect, it, vi } from 'vitest';

const eighteen = vi.hoisted(() => async (name: string) => {
  const { createRequire } = await import('node:module');
  const from = `${process.cwd()}/test/react-18/package.json`;
  return createRequire(from)(name) as Record<string, unknown>;
});
vi.mock('react', () => eighteen('react'));
vi.mock('react-dom/client', () => eighteen('react-dom/client'));
vi.mock('react-dom/server', () => eighteen('react-dom/server'));

// Test files share modules: this file uses none with the other React, and leaves none of its own.
vi.resetModules();
await import('./use-tile-cache.test');
afterAll(() => void vi.resetModules());

it('runs with React 18', () => expect(version).toMatch(/^18\./));
