import type { ClientStatus } from 'sw-tile-cache';
import { make, whileBusy } from './dom';
import { formatAge } from './format';
import type { MapLayer } from './layers';

type LayerStatus = ClientStatus['layers'][string];

const STATUSES = ['hit', 'revalidated', 'stale', 'miss', 'error'] as const;

/** On a first visit, tiles do not pass through the worker while it is being installed. */
const NOTHING = 'no requests through the worker yet';

export interface LayerCardEvents {
  toggle(visible: boolean): void;
  publish(): Promise<void>;
  publishHere(): Promise<void>;
}

/**
 * Shows one layer in the panel: its version, how tiles were answered (as a bar), their ages, and the buttons that
 * publish.
 */
export function createLayerCard(layer: MapLayer, events: LayerCardEvents) {
  const visible = make('input', { type: 'checkbox', checked: true });
  visible.addEventListener('change', () => events.toggle(visible.checked));
  const version = make('span', { className: 'version', textContent: '–', title: 'Version in force' });
  const bar = make('div', { className: 'bar' });
  bar.setAttribute('role', 'img');
  const counts = make('span');
  const ages = make('span');
  const missing = make('p', { className: 'missing' });
  const actions = make('div', { className: 'actions' }, button('Publish new data', layer.title, events.publish));
  if (layer.boxed) actions.append(button('Only in this view', layer.title, events.publishHere));
  const element = make(
    'article',
    { className: 'card' },
    make(
      'div',
      { className: 'card-head' },
      make('label', {}, visible, make('span', { textContent: layer.title })),
      make(
        'span',
        { className: 'follows', textContent: layer.follows, title: layer.about },
        make('span', { className: 'visually-hidden', textContent: `: ${layer.about}` }),
      ),
      version,
    ),
    bar,
    make('p', { className: 'facts' }, counts, ages),
    missing,
    actions,
  );
  element.dataset.layer = layer.id;

  return {
    element,
    /** Explains why tiles are missing. Shows nothing if none are. */
    explain: (text: string) => void (missing.textContent === text || (missing.textContent = text)),
    show({ version: current, counts: byStatus, oldest, median }: LayerStatus): void {
      if (current && version.textContent !== current) {
        version.classList.toggle('new', version.textContent !== '–');
        version.textContent = current;
        version.addEventListener('animationend', () => version.classList.remove('new'), { once: true });
      }
      const total = STATUSES.reduce((sum, status) => sum + byStatus[status], 0);
      const texts = STATUSES.filter((status) => byStatus[status] > 0).map((status) => `${byStatus[status]} ${status}`);
      bar.replaceChildren(
        ...STATUSES.filter((status) => byStatus[status] > 0).map((status) => segment(status, byStatus[status] / total)),
      );
      bar.setAttribute('aria-label', texts.join(', ') || NOTHING);
      counts.textContent = texts.join(' · ') || NOTHING;
      ages.replaceChildren(
        'median ',
        make('b', { textContent: formatAge(median) }),
        ', oldest ',
        make('b', { textContent: formatAge(oldest) }),
      );
    },
  };
}

function segment(status: string, share: number): HTMLElement {
  const element = make('i');
  element.dataset.status = status;
  element.style.flexGrow = String(share);
  return element;
}

/** Creates a button that starts nothing while its work is in progress. */
function button(text: string, about: string, work: () => Promise<void>): HTMLButtonElement {
  const element = make('button', { type: 'button', textContent: text });
  element.setAttribute('aria-label', `${text}: ${about}`);
  element.addEventListener('click', () => void whileBusy([element], work));
  return element;
}
