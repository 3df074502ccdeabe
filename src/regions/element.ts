import { uncover } from '../page/uncover';
import type { RegionInfo } from '../shared/regions';
import { createRegionList, type ShowRegions } from './element-list';
import type { Action } from './element-row';
import { followList, type TileRegionsClient } from './follow-list';
import { REGION_TEXTS, type RegionTexts } from './region-words';

export type { TileRegionsClient } from './follow-list';

// On a server there are no elements; the class is then only a name.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Milliseconds between two updates of the ages. */
const TICK = 30_000;

/**
 * `<tile-regions>`: the offline regions of this device, each with its progress, size and age, and buttons to pause,
 * resume, update and remove it. Set `client`. `texts` replaces the texts; numbers are in the language of the nearest
 * `lang`. If an action fails, a `regionerror` event carries its error. Parts: `region`, `name`, `state`, `progress`,
 * `facts`, `actions`, `button`, `empty`. Custom properties: `--tile-regions-background`, `--tile-regions-color`,
 * `--tile-regions-accent`, `--tile-regions-font`.
 */
export class TileRegionsElement extends Base {
  static readonly observedAttributes = ['lang'];

  #client: TileRegionsClient | undefined;
  #texts: Partial<RegionTexts> = {};
  readonly #regions = new Map<string, RegionInfo>();
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #show: ShowRegions | undefined;

  get client(): TileRegionsClient | undefined {
    return this.#client;
  }

  set client(client: TileRegionsClient | undefined) {
    this.#client = client;
    if (this.isConnected) this.connectedCallback();
  }

  get texts(): Partial<RegionTexts> {
    return this.#texts;
  }

  set texts(texts: Partial<RegionTexts>) {
    this.#texts = texts;
    this.#render();
  }

  connectedCallback(): void {
    uncover(this, ['client', 'texts']);
    this.disconnectedCallback();
    const client = this.#client;
    this.#timer = setInterval(() => this.#render(), TICK);
    const failed = (error: unknown) => this.#failed(error);
    if (client) this.#stop = followList(client, this.#regions, (listed) => this.#render(listed), failed);
    this.#render();
  }

  disconnectedCallback(): void {
    this.#stop?.();
    clearInterval(this.#timer);
    this.#stop = this.#timer = undefined;
  }

  attributeChangedCallback(): void {
    this.#render();
  }

  #render(quiet = false): void {
    if (!this.isConnected) return;
    const language = this.closest('[lang]')?.getAttribute('lang') ?? undefined;
    this.#show ??= createRegionList(this, (id, action) => void this.#act(id, action));
    this.#show(this.#regions, { ...REGION_TEXTS, ...this.#texts }, language, quiet);
  }

  async #act(id: string, action: Action): Promise<void> {
    try {
      await this.#client?.regions[action](id);
      if (action === 'remove') this.#regions.delete(id);
      this.#render();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.dispatchEvent(new CustomEvent('regionerror', { detail: error, bubbles: true, composed: true }));
  }
}
