import { describe, expect, it } from 'vitest';
import { pageIsThere } from '../../../src/kiosk/page-is-there';
import { refreshAll } from '../../../src/kiosk/refresh-all';

const PAGE = '<!doctype html><title>Map</title><script type="module" src="/main.js"></script>';
const answered = (body: string, init?: ResponseInit) => () => Promise.resolve(new Response(body, init));

describe('a page that is due for a reload', () => {
  it.each<[string, () => Promise<Response>, RegExp]>([
    ['is not available', answered('', { status: 503 }), /503/],
    ['cannot be fetched', () => Promise.reject(new TypeError('Failed to fetch')), /Failed to fetch/],
    ['is a notice of maintenance', answered('<!doctype html><title>Back soon</title>'), /no script/],
    ['is empty', answered(''), /no script/],
  ])('is not reloaded if it %s', async (_, ask, why) => {
    await expect(pageIsThere('https://map.example/sign', ask)).rejects.toThrow(why);
  });

  it('is reloaded if it is available, even after a deployment that renamed its scripts', async () => {
    await pageIsThere('https://map.example/sign', answered(PAGE));
    await pageIsThere('https://map.example/sign', answered('<SCRIPT src=/main-2.js></SCRIPT>'));
  });
});

describe('repeating the requests of all maps', () => {
  const asked: string[] = [];
  const map = (name: string, fails?: 'at once' | 'later') => ({
    refresh() {
      asked.push(name);
      if (fails === 'at once') throw new TypeError(`${name} was removed`);
      // A custom binding.
      if (fails === 'later') return Promise.reject(new TypeError(`${name} was removed`)) as never;
    },
  });

  it('works even if one map was removed', async () => {
    asked.length = 0;
    await refreshAll([map('a', 'at once'), map('b', 'later'), map('c')]);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('fails if no map could', async () => {
    await expect(refreshAll([map('a', 'at once'), map('b', 'later')])).rejects.toThrow('a was removed');
  });
});
