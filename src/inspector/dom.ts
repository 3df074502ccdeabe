type Child = Node | string;

/**
 * Creates an element with properties and children. `data-…`, `aria-…` and names that are not properties become
 * attributes.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  given: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in element && !name.includes('-') && name !== 'part') (element as Record<string, unknown>)[name] = value;
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Creates a button. `label` is its accessible name if that says more than the visible text. */
export function button(face: string, run: () => void, label?: string): HTMLButtonElement {
  const element = make('button', { type: 'button', part: 'button', ...(label && { 'aria-label': label }) }, face);
  element.addEventListener('click', run);
  return element;
}

/** Creates a button that asks for confirmation, for actions that cannot be undone. */
export function sureButton(face: string, label: string, run: () => void): HTMLButtonElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const calm = () => {
    clearTimeout(timer);
    timer = undefined;
    element.textContent = face;
    element.setAttribute('aria-label', label);
  };
  const element = button(
    face,
    () => {
      if (timer !== undefined) {
        calm();
        return run();
      }
      element.textContent = `${face}?`;
      element.setAttribute('aria-label', `${label}: press again to do it`);
      timer = setTimeout(calm, 4000);
    },
    label,
  );
  return element;
}

/** Shows or hides a button. Its focus goes to `next`: a hidden button would lose it to the page. */
export function offer(element: HTMLButtonElement, on: boolean, next: HTMLElement): void {
  if (!on && (element.getRootNode() as ShadowRoot).activeElement === element) next.focus();
  element.hidden = !on;
}

/** Calls `change`, which replaces buttons in `box`, and gives the focus to the new one of the same name. */
export function keepFocus(box: HTMLElement, change: () => void): void {
  const { activeElement } = box.getRootNode() as ShadowRoot;
  const name = box.contains(activeElement) ? activeElement?.getAttribute('aria-label') : undefined;
  change();
  if (name) [...box.querySelectorAll('button')].find((each) => each.getAttribute('aria-label') === name)?.focus();
}

/** Creates a section that opens and closes. */
export function section(title: string, open: boolean, ...children: Child[]): HTMLDetailsElement {
  return make('details', { part: 'section', open }, make('summary', {}, make('h3', {}, title)), ...children);
}

/** Creates a table in a box that scrolls, with a caption for screen readers. */
export function table(caption: string, heads: readonly string[]): { box: HTMLElement; body: HTMLTableSectionElement } {
  const body = make('tbody');
  const row = make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)));
  const own = make('table', {}, make('caption', {}, caption), make('thead', {}, row), body);
  // A box that scrolls must be reachable by keyboard.
  return { box: make('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': caption }, own), body };
}

/** Sets the rows of a table. The first cell of each row is its header. */
export const rows = (
  body: HTMLElement,
  lines: ReadonlyArray<readonly Child[]>,
  empty: string,
  columns: number,
): void => {
  const made = lines.map(([first, ...others]) =>
    make('tr', {}, make('th', { scope: 'row' }, first!), ...others.map((cell) => make('td', {}, cell))),
  );
  body.replaceChildren(...(made.length > 0 ? made : [make('tr', {}, make('td', { colSpan: columns }, empty))]));
};

/** Sets the options of a select, and keeps the chosen one. */
export function choices(
  select: HTMLSelectElement,
  options: ReadonlyArray<readonly [value: string, face: string]>,
): void {
  const wanted = JSON.stringify(options);
  if (select.dataset['options'] === wanted) return;
  const { value } = select;
  select.dataset['options'] = wanted;
  select.replaceChildren(...options.map(([each, face]) => make('option', { value: each }, face)));
  if (options.some(([each]) => each === value)) select.value = value;
}
