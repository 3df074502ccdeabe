import { describe, expect, it, vi } from 'vitest';
import { createEmitter } from '../../../src/page/events';

interface Events {
  one: number;
  two: string;
}

describe('emitter', () => {
  it('calls the listeners of that event, in order, until they unsubscribe', () => {
    const { on, emit } = createEmitter<Events>();
    const heard: unknown[] = [];
    const off = on('one', (n) => heard.push(n));
    on('one', (n) => heard.push(-n));
    on('two', (text) => heard.push(text));
    emit('one', 1);
    off();
    emit('one', 2);
    expect(heard).toEqual([1, -1, -2]);
  });

  it('continues when a listener throws, and reports its error as uncaught', () => {
    const { on, emit } = createEmitter<Events>();
    const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
    const heard = vi.fn();
    on('one', () => {
      throw new Error('mine');
    });
    on('one', heard);
    emit('one', 1);
    expect(heard).toHaveBeenCalledOnce();
    expect(later.mock.calls[0]![0]).toThrow('mine');
    later.mockRestore();
  });

  it('allows subscribing and unsubscribing during an event', () => {
    const { on, emit } = createEmitter<Events>();
    const heard: string[] = [];
    const off = on('one', () => {
      heard.push('a');
      off();
      on('one', () => heard.push('late'));
    });
    on('one', () => heard.push('b'));
    emit('one', 1);
    expect(heard).toEqual(['a', 'b']);
    emit('one', 2);
    expect(heard).toEqual(['a', 'b', 'b', 'late']);
  });

  it('does not call a listener that an earlier one of the same event has unsubscribed', () => {
    const { on, emit, close } = createEmitter<Events>();
    const heard: string[] = [];
    on('one', () => {
      heard.push('first');
      leave();
    });
    const leave = on('one', () => void heard.push('second'));
    on('one', () => {
      heard.push('third');
      close();
    });
    on('one', () => void heard.push('fourth'));
    emit('one', 1);
    expect(heard).toEqual(['first', 'third']);
  });

  it('is silent once closed', () => {
    const { on, emit, close } = createEmitter<Events>();
    const heard = vi.fn();
    on('one', heard);
    close();
    on('one', heard);
    emit('one', 1);
    expect(heard).not.toHaveBeenCalled();
  });
});
