import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (name: string) => readFile(`docs/${name}`, 'utf8');
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))];

it('the runbook says what to do on every alert', async () => {
  const [runbook, rules] = await Promise.all([read('runbook.md'), read('monitoring/rules.yml')]);
  const alerts = all(rules, /^ +- alert: (\w+)$/gm);
  expect(alerts.length).toBeGreaterThan(10);
  expect(alerts.filter((name) => !runbook.includes(`\`${name}\``))).toEqual([]);
});

it('the runbook names alerts, recordings and metrics that exist', async () => {
  const [runbook, rules, monitoring, kiosk] = await Promise.all(
    ['runbook.md', 'monitoring/rules.yml', 'monitoring/README.md', 'kiosk.md'].map(read),
  );
  const known = `${rules}${monitoring}${kiosk}`;
  const named = [...all(runbook!, /`(\w*Tile[A-Z]\w+)`/g), ...all(runbook!, /\b((?:layer:)?tile_[\w:]+)/g)];
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !new RegExp(`(?<![\\w:])${name}(?![\\w:])`).test(known))).toEqual([]);
});
