import { describe, expect, it } from 'vitest';
import { createOrder } from '../../../sw/util/in-order';

const gate = () => {
  let open: () => void = () => {};
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
};

describe('changes in order', () => {
  it('begin in the order of their calls, however long each one checks', async () => {
    const inOrder = createOrder();
    const begun: number[] = [];
    const gates = [gate(), gate(), gate()];
    const all = gates.map(({ wait }, i) =>
      inOrder(
        () => wait,
        async () => void begun.push(i),
      ),
    );
    for (const { open } of [...gates].reverse()) {
      open();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('do not wait for earlier ones to end', async () => {
    const inOrder = createOrder();
    void inOrder(
      async () => {},
      () => new Promise(() => {}),
    );
    expect(
      await inOrder(
        async () => 1,
        async (seen) => seen + 1,
      ),
    ).toBe(2);
  });

  it('keep their order if the check of one of them fails', async () => {
    const inOrder = createOrder();
    const begun: number[] = [];
    const first = gate();
    const one = inOrder(
      () => first.wait,
      async () => void begun.push(1),
    );
    const two = inOrder(
      () => Promise.reject(new Error('no')),
      async () => void begun.push(2),
    );
    const three = inOrder(
      async () => {},
      async () => void begun.push(3),
    );
    await expect(two).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([]);
    first.open();
    await Promise.all([one, three]);
    expect(begun).toEqual([1, 3]);
  });
});
