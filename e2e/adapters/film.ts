import type { Page } from '@playwright/test';
import type { Tab } from '../fixtures/tab';
import { type Picture, decodePng } from './png';

/** Every frame that the browser presents, from `record` to `stop`. */
export interface Film {
  stop(): Promise<Frame[]>;
}

/** A frame, with the time at which it was presented in epoch milliseconds. */
export type Frame = Picture & { shownAt: number };

/** Waits for two frames: everything drawn before is then on the screen. */
const presented = (page: Tab) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Returns the current picture. */
export async function still(page: Tab): Promise<Picture> {
  await presented(page);
  return decodePng(await page.screenshot());
}

/** Decodes the frames. Most frames equal the previous one, so each different one is decoded only once. */
function develop(frames: ReadonlyArray<{ data: Buffer; at: number }>): Frame[] {
  let before: { data: Buffer; picture: Picture } | undefined;
  return frames.map(({ data, at }) => {
    if (!before?.data.equals(data)) before = { data, picture: decodePng(data) };
    return { ...before.picture, shownAt: at };
  });
}

/** Takes one screenshot after another: about ten frames a second. */
async function shots(page: Tab): Promise<Film> {
  const frames: Array<{ data: Buffer; at: number }> = [];
  const shoot = async () => void frames.push({ data: await page.screenshot(), at: Date.now() });
  await shoot();
  let running = true;
  const ended = (async () => {
    while (running) await shoot();
    // A failing test closes its tab while the recording runs.
  })().catch(() => {});
  return {
    async stop() {
      running = false;
      await ended;
      await presented(page);
      await shoot();
      return develop(frames);
    },
  };
}

const isChromium = (page: Tab): page is Page =>
  'context' in page && (page as Page).context().browser()?.browserType().name() === 'chromium';

/**
 * Records what is on the screen, whether images, canvas or WebGL draw it: in Chromium every frame that the compositor
 * presents, in other engines one screenshot after another.
 */
export async function record(page: Tab): Promise<Film> {
  return isChromium(page) ? screencast(page) : shots(page);
}

async function screencast(page: Page): Promise<Film> {
  const session = await page.context().newCDPSession(page);
  const frames = [{ data: Buffer.from(await page.screenshot()), at: Date.now() }];
  session.on('Page.screencastFrame', ({ data, sessionId, metadata }) => {
    frames.push({ data: Buffer.from(data, 'base64'), at: (metadata.timestamp ?? 0) * 1000 });
    void session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
  return {
    async stop() {
      await presented(page);
      frames.push({ data: Buffer.from(await page.screenshot()), at: Date.now() });
      await session.send('Page.stopScreencast');
      await session.detach();
      return develop(frames);
    },
  };
}

/** What is visible at a point: a version's colour, a mixture while one fades into the other, or the background. */
export type Seen = 'old' | 'new' | 'mixed' | 'blank';

export function seen([red, green, blue]: readonly [number, number, number]): Seen {
  // Neither version's colour contains green, and nothing darkens them. The background is green, so green means a gap.
  if (green > 40 || red + blue < 200) return 'blank';
  if (red > 200 && blue < 40) return 'old';
  return blue > 200 && red < 40 ? 'new' : 'mixed';
}

/** A grid of points inside the map, away from its controls, in page pixels. */
export const POINTS = [60, 190, 320, 450, 580, 700].flatMap((x) =>
  [60, 160, 260, 360, 450].map((y) => [x, y] as const),
);

/** Counts what is visible at these points of a frame. */
export function census(
  frame: Picture,
  points: ReadonlyArray<readonly [number, number]> = POINTS,
): Record<Seen, number> {
  const counts = { old: 0, new: 0, mixed: 0, blank: 0 };
  for (const [x, y] of points) counts[seen(frame.at(x, y))]++;
  return counts;
}
