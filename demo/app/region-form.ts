import type { RegionSpec, TileCacheClient } from 'sw-tile-cache';
import { byId, whileBusy } from './dom';
import { formatBytes } from './format';
import { keptLayers } from './layers';
import type { RegionBox } from './region-box';

const HINTS = {
  view: 'The dashed box follows the map. The arrow keys move the map, + and − zoom.',
  drawing: 'Drag a box on the map. Escape gives it up.',
  drawn: 'The dashed box stays where you have drawn it.',
};

/** Creates the form that estimates and saves an area. */
export function createRegionForm(client: TileCacheClient, box: RegionBox, drawing: (on: boolean) => void): void {
  const [useView, draw] = [byId<HTMLButtonElement>('use-view'), byId<HTMLButtonElement>('draw')];
  const choose = (hint: keyof typeof HINTS) => {
    useView.setAttribute('aria-pressed', String(hint === 'view'));
    draw.setAttribute('aria-pressed', String(hint !== 'view'));
    byId('hint').textContent = HINTS[hint];
  };
  choose('view');
  useView.addEventListener('click', () => {
    box.useView();
    choose('view');
  });
  draw.addEventListener('click', async () => {
    choose('drawing');
    drawing(true);
    const drawn = await box.draw();
    drawing(false);
    if (!drawn) box.useView();
    choose(drawn ? 'drawn' : 'view');
  });

  const say = (text: string) => (byId('answer').textContent = text);
  const spec = (): RegionSpec => {
    const name = byId<HTMLInputElement>('name').value.trim();
    return {
      id: name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64),
      name,
      layers: keptLayers(),
      bounds: box.bounds(),
      zooms: [0, Number(byId<HTMLSelectElement>('depth').value)],
    };
  };
  const form = byId<HTMLFormElement>('save');
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('.wide button')];
  const work = (text: string, act: () => Promise<string>) =>
    whileBusy(buttons, async () => {
      say(text);
      say(await act().catch((error: Error) => error.message));
    });
  byId('estimate').addEventListener('click', () => {
    if (!form.reportValidity()) return;
    void work('Fetching a sample of the tiles…', async () => {
      const { tiles, bytes, available } = await client.regions.estimate(spec());
      if (bytes === undefined) return `${tiles} tiles; the origin does not answer, so nobody knows how large they are.`;
      return `${tiles} tiles, about ${formatBytes(bytes)}.${available ? ` The browser has room for ${formatBytes(available)}.` : ''}`;
    });
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void work('Checking that it fits…', async () => {
      const { info, complete } = await client.regions.save(spec());
      void complete.then(
        () => say(`${info.name} is saved, and works without a network.`),
        (error: Error) => say(error.message),
      );
      return `${info.name} is being saved.`;
    });
  });
}
