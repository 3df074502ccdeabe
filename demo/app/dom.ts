/** Returns the element with this id. Throws if the page has none. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element as T;
}

/**
 * Runs work, and marks the buttons that start it as busy meanwhile. They are not `disabled`: a disabled button loses the
 * focus. Runs nothing while they are busy.
 */
export async function whileBusy(buttons: readonly HTMLButtonElement[], work: () => Promise<void>): Promise<void> {
  if (buttons.some(({ ariaDisabled }) => ariaDisabled)) return;
  for (const button of buttons) button.ariaDisabled = 'true';
  await work().finally(() => {
    for (const button of buttons) button.ariaDisabled = null;
  });
}

type Child = Node | string;

/** Creates an element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
