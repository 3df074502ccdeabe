// This package with its inspector: installed but not queried, or tracing each decision.
import { createTileCache } from '../../sw/index';
import { inspector } from '../../sw/inspect';

const watched = (tools) => {
  const made = inspector()(tools);
  const ask = () => void made.command({ action: 'trace', limit: 1 }, undefined);
  if (__TRACED__) {
    ask();
    // Tracing ends a minute after the last query.
    setInterval(ask, 20_000);
  }
  return made;
};

createTileCache({
  layers: { kb1: {}, kb12: { maxEntries: 300_000, maxBytes: 4 * 1024 ** 3 }, kb60: {}, live: {} },
  inspect: watched,
}).register({ skipWaiting: true, claim: true });
