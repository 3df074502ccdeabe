/** On a phone, the panel is a sheet at the bottom. A tap, Enter or a swipe opens and closes it. */
export function createSheet(panel: HTMLElement): { open(open: boolean): void } | undefined {
  const grip = panel.querySelector<HTMLButtonElement>('.grip');
  if (!grip) return undefined;
  const set = (open: boolean) => {
    panel.classList.toggle('open', open);
    grip.setAttribute('aria-expanded', String(open));
    grip.firstElementChild!.textContent = open ? 'Show less of the panel' : 'Show all of the panel';
  };
  let from: number | undefined;
  let swiped = false;
  grip.addEventListener('pointerdown', ({ clientY }) => {
    from = clientY;
    swiped = false;
  });
  grip.addEventListener('pointermove', ({ clientY }) => {
    if (from === undefined || Math.abs(clientY - from) < 24) return;
    set(clientY < from);
    swiped = true;
    from = undefined;
  });
  grip.addEventListener('click', () => {
    if (!swiped) set(!panel.classList.contains('open'));
    swiped = false;
  });
  panel.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !panel.classList.contains('open')) return;
    set(false);
    grip.focus();
  });
  return { open: set };
}
