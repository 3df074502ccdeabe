import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ClientStatus } from 'sw-tile-cache';

const KEPT = 300;

/** Shows the median age and the hit ratio of all layers for the last five minutes, with one sample per second. */
export function createChart(container: HTMLElement) {
  const times: number[] = [];
  const medians: Array<number | null> = [];
  const ratios: Array<number | null> = [];
  const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = {
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const plot = new uPlot(
    {
      width: container.clientWidth || 340,
      height: 112,
      padding: [8, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { age: { range: (_, __, max) => [0, Math.max(10, max * 1.1)] }, ratio: { range: [0, 100] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          values: (_, splits) =>
            splits.map((at) =>
              new Date(at * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
            ),
          space: 90,
          size: 22,
        },
        { ...axis, scale: 'age', size: 46, values: (_, splits) => splits.map((age) => `${age} s`) },
        {
          ...axis,
          scale: 'ratio',
          side: 1,
          size: 40,
          grid: { show: false },
          values: (_, splits) => splits.map((share) => `${share}%`),
        },
      ],
      series: [
        {},
        { scale: 'age', stroke: () => colour('--stale'), width: 2, spanGaps: true, points: { show: false } },
        { scale: 'ratio', stroke: () => colour('--hit'), width: 2, spanGaps: true, points: { show: false } },
      ],
    },
    [times, medians, ratios],
    container,
  );
  new ResizeObserver(() => plot.setSize({ width: container.clientWidth, height: 112 })).observe(container);

  return {
    add({ layers }: ClientStatus, now: number): void {
      const all = Object.values(layers);
      const ages = all.flatMap(({ median }) => (median === undefined ? [] : [median])).sort((a, b) => a - b);
      const served = all.reduce((sum, { counts: { hit, stale } }) => sum + hit + stale, 0);
      const asked = all.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
      times.push(now / 1000);
      medians.push(ages[Math.floor(ages.length / 2)] ?? null);
      ratios.push(asked ? (served / asked) * 100 : null);
      for (const series of [times, medians, ratios]) if (series.length > KEPT) series.shift();
      plot.setData([times, medians, ratios]);
    },
  };
}
