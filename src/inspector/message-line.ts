import { make } from './dom';

/** The line of the panel that says what happened. */
export interface MessageLine {
  element: HTMLElement;
  say(words: string): void;
  /** Says what is wrong. */
  failed(error: unknown): void;
  /** Says no longer what was wrong. */
  recovered(): void;
}

export function createMessageLine(): MessageLine {
  const element = make('p', { className: 'said', role: 'status' });
  const line: MessageLine = {
    element,
    say(words) {
      delete element.dataset['bad'];
      element.textContent = words;
    },
    failed(error) {
      const { message, remedy, field } = error as { message?: string; remedy?: string; field?: string };
      const words =
        field === 'inspect'
          ? "This worker has no inspector. Pass inspect: inspector() of 'sw-tile-cache/sw/inspect' to createTileCache."
          : [message ?? String(error), remedy].filter(Boolean).join(' ');
      if (element.textContent !== words) element.textContent = words;
      element.dataset['bad'] = 'true';
    },
    recovered() {
      if (element.dataset['bad']) line.say('');
    },
  };
  return line;
}
