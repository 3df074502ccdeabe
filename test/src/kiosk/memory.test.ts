import { describe, expect, it } from 'vitest';
import { createDoctor, type Remedy, type Symptom } from '../../../src/kiosk/ladder';
import { createMemory } from '../../../src/kiosk/memory';
import { fakeStorage } from '../fake-storage';

describe('a page that was reloaded in vain', () => {
  /** Returns the remedies of successive pages: each page ends with its first allowed reload, 60 s or more after the last one. */
  function healsOf(symptoms: readonly Symptom[], pages: number): Remedy[][] {
    const session = fakeStorage();
    let now = 0;
    let reloadedAt = -Infinity;
    return Array.from({ length: pages }, () => {
      const memory = createMemory(session, () => now * 1000);
      const doctor = createDoctor(memory.recall());
      const done: Remedy[] = [];
      for (const until = now + 600; now < until; now += 1) {
        const next = doctor.look(new Set(symptoms), now);
        if (!next) continue;
        memory.remember(doctor.tried());
        const reloads = next.remedy === 'reload' || next.remedy === 'replace';
        if (reloads && now - reloadedAt < 60) continue;
        done.push(next.remedy);
        if (!reloads) continue;
        reloadedAt = now;
        break;
      }
      now += 2;
      return done;
    });
  }

  it('does not begin with the same remedy: it replaces a worker that does not answer', () => {
    expect(healsOf(['worker'], 3)).toEqual([['reload'], ['replace'], ['replace']]);
  });

  it('replaces the worker, whatever other symptom requires a reload', () => {
    const [first, second] = healsOf(['blank', 'worker'], 2);
    expect(first!.at(-1)).toBe('reload');
    expect(second!.at(-1)).toBe('replace');
  });

  it('continues with the next remedy, and stays at the last one', () => {
    expect(healsOf(['check'], 3)).toEqual([['check', 'reload'], ['reload'], ['reload']]);
  });

  it('starts over if the page was healthy for two minutes', () => {
    const doctor = createDoctor({ blank: 3 });
    for (let now = 0; now < 130; now += 5) doctor.look(new Set(), now);
    const look = (now: number) => doctor.look(new Set<Symptom>(['blank']), now)?.remedy;
    expect([look(130), look(151)]).toEqual([undefined, 'refresh']);
  });
});

describe('the record of tried remedies', () => {
  const noted = (text: string, now = 5000) =>
    createMemory(fakeStorage(new Map([['tile-cache-heals', text]])), () => now).recall();

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['without a time', '{"tried":{"blank":2}}'],
    ['long ago', '{"at":-600000,"tried":{"blank":2}}'],
    ['in the future of a clock that was set back', '{"at":1700000000000,"tried":{"blank":2}}'],
    ['without numbers', '{"at":5000,"tried":{"blank":"2","check":1.5}}'],
    ['about unknown symptoms', '{"at":5000,"tried":{"__proto__":2,"x":1}}'],
  ])('is empty if it is %s', (_, text) => expect(noted(text)).toEqual({}));

  it('is what was recorded, and empty without storage', () => {
    expect(noted('{"at":4000,"tried":{"blank":2,"worker":-1}}')).toEqual({ blank: 2, worker: 0 });
    const refused = {
      getItem: () => {
        throw new Error('SecurityError');
      },
      setItem: () => {
        throw new Error('SecurityError');
      },
    };
    for (const broken of [undefined, refused]) {
      const memory = createMemory(broken, () => 0);
      memory.remember({ blank: 1 });
      expect(memory.recall()).toEqual({});
    }
  });
});
