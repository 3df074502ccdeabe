// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { addLegend, createLegend, removeLegend } from '../../../src/adapters/legend';

const legend = (title: string) => createLegend(title, [{ colour: 'red', text: 'old' }]);
const titles = (map: Element) =>
  [...map.querySelectorAll('*')].flatMap(({ shadowRoot }) => shadowRoot?.querySelector('b')?.textContent ?? []);

it('legends of one map share one place, and the last one leaves nothing behind', () => {
  const [map, other] = [document.createElement('div'), document.createElement('div')];
  const [ages, coverage] = [legend('Age'), legend('Coverage')];
  addLegend(map, ages);
  addLegend(map, coverage);
  expect(map.childElementCount).toBe(1);
  expect(titles(map)).toEqual(['Age', 'Coverage']);
  removeLegend(ages);
  addLegend(other, ages);
  expect([titles(map), titles(other)]).toEqual([['Coverage'], ['Age']]);
  removeLegend(coverage);
  expect(map.childElementCount).toBe(0);
  addLegend(map, coverage);
  expect(titles(map)).toEqual(['Coverage']);
});
