import { byId } from './dom';
import { originApi, type Trouble } from './origin-api';

const SAID: Record<Trouble, string> = {
  ok: 'The origin works again.',
  slow: 'The origin now takes three seconds for each answer.',
  failing: 'The origin now answers every tile and version check with 503.',
  unreachable: 'The origin now cuts every connection.',
};

/** Creates the radio buttons that make the origin misbehave. */
export function createOriginControls(announce: (text: string) => void, changed: () => void): { read(): Promise<void> } {
  const radios = [...byId('trouble').querySelectorAll('input')];
  for (const radio of radios) {
    radio.addEventListener('change', async () => {
      const { mode } = await originApi.setTrouble(radio.value as Trouble);
      announce(SAID[mode]);
      changed();
    });
  }
  return {
    /** Reads the current mode: another tab or curl may have changed it. */
    async read() {
      const { mode } = await originApi.trouble();
      for (const radio of radios) radio.checked = radio.value === mode;
    },
  };
}

/** Returns how many tile requests the origin has received. Requests that caches answer never reach it. */
export async function tileRequests(): Promise<number> {
  const { layers } = await originApi.requests();
  return Object.entries(layers)
    .filter(([layer]) => layer !== 'version check')
    .reduce((sum, [, byStatus]) => sum + Object.values(byStatus).reduce((a, b) => a + b, 0), 0);
}
