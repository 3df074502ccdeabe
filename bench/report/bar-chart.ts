import type { Row } from '../lib/results';
import { number, times } from './format';

/** A chart of horizontal bars in one or more groups. */
export interface BarChart {
  title: string;
  unit: string;
  groups: ReadonlyArray<{ title: string; rows: readonly Row[] }>;
  /** The row to highlight. */
  accent: string;
  /** Whether the scale is logarithmic, for values that differ by factors of thousands. */
  logarithmic?: boolean;
}

const WIDTH = 760;
const LABEL = 230;
const VALUE = 130;
const BAR = 20;
const STEP = 30;

const escape = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The colours are readable on white and on black. The media query is for pages that follow the reader's colour scheme.
const STYLE = `text{font:13px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;font-size:16px;fill:#1f2328}.group{font-weight:600}
.bar{fill:#8c959f}.accent{fill:#0a7f6f}.whisker{stroke:#57606a;stroke-width:1.5;fill:none}.paper{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#9da7b1}.title{fill:#e6edf3}.bar{fill:#6e7681}.accent{fill:#2bbfa7}.whisker{stroke:#9da7b1}.paper{fill:#0d1117}}`;

/** Returns the chart as a stand-alone SVG. Whiskers show the quartiles. */
export function barChart({ title, unit, groups, accent, logarithmic = false }: BarChart): string {
  const rows = groups.flatMap((group) => group.rows);
  const finite = rows.flatMap(({ figure }) => [figure.median, figure.q3]).filter(Number.isFinite);
  const most = Math.max(...finite);
  const least = Math.min(...finite.filter((value) => value > 0));
  const room = WIDTH - LABEL - VALUE;
  const length = (value: number) => {
    if (!Number.isFinite(value)) return room;
    if (!logarithmic) return (value / most) * room;
    return (
      ((Math.log10(Math.max(value, least)) - Math.log10(least) + 0.3) / (Math.log10(most) - Math.log10(least) + 0.3)) *
      room
    );
  };

  const parts: string[] = [];
  let y = 34;
  for (const group of groups) {
    y += 22;
    parts.push(`<text class="group" x="16" y="${y}">${escape(group.title)}</text>`);
    y += 10;
    for (const row of group.rows) {
      parts.push(bar(row, y, row.name === accent, length));
      y += STEP;
    }
  }
  const height = y + 14;
  const scale = logarithmic ? `${unit}, logarithmic` : unit;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
<text class="title" x="16" y="28">${escape(title)}</text>
<text x="${WIDTH - 16}" y="28" text-anchor="end">${escape(scale)}</text>
${parts.join('\n')}
</svg>
`;
}

function bar({ label, figure, ratio }: Row, y: number, accented: boolean, length: (value: number) => number): string {
  const end = LABEL + Math.max(2, length(figure.median));
  const middle = y + BAR / 2;
  const [from, to] = [LABEL + length(figure.q1), LABEL + length(figure.q3)];
  const whisker =
    figure.n > 1 && Number.isFinite(figure.median)
      ? `<path class="whisker" d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}m0-4v8M${from.toFixed(1)} ${middle - 4}v8"/>`
      : '';
  const value = `${number(figure.median)}${ratio ? `  (${times(ratio.median)})` : ''}`;
  return `<text x="${LABEL - 10}" y="${middle + 5}" text-anchor="end">${escape(label)}</text>
<rect class="bar${accented ? ' accent' : ''}" x="${LABEL}" y="${y}" width="${(end - LABEL).toFixed(1)}" height="${BAR}" rx="3"/>${whisker}
<text x="${(Math.max(end, to) + 8).toFixed(1)}" y="${middle + 5}">${value}</text>`;
}
