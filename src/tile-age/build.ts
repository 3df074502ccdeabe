import { STYLE } from './style';

/** Builds the badge in the element's shadow. Returns what its texts go into. */
export function buildBadge(host: HTMLElement): Record<'message' | 'text' | 'checked' | 'live', HTMLElement> {
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const part = (name: string, parent: ParentNode) => {
    const element = document.createElement('span');
    element.part.add(name);
    parent.append(element);
    return element;
  };
  const badge = part('badge', root);
  const message = part('message', badge);
  message.dir = 'auto';
  part('mark', badge).ariaHidden = 'true';
  const text = part('text', badge);
  const checked = part('checked', badge);
  // A separate live region: the age in the badge changes all the time, and screen readers should not read each
  // change.
  const live = document.createElement('span');
  live.setAttribute('role', 'status');
  live.className = 'live';
  root.append(live);
  return { message, text, checked, live };
}
