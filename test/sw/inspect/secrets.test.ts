import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createInspectWorld, png } from './world';

const secret = fc
  .array(fc.constantFrom(...'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNP23456789-_.~+/='), { minLength: 12, maxLength: 40 })
  .map((chars) => `s3${chars.join('')}`);

const forms = (value: string) => [value, encodeURIComponent(value), decodeURIComponent(encodeURIComponent(value))];

it('a secret appears in no inspection, list, trace or overview, wherever it was and even if the origin repeats it', async () => {
  await fc.assert(
    fc.asyncProperty(
      secret,
      secret,
      fc.constantFrom('token', 'access_token', 'apikey', 'sig', 'unheard_of', 'X-Amz-Signature'),
      fc.boolean(),
      async (inUrl, inHeader, name, echoes) => {
        const world = createInspectWorld(null);
        world.answer = () =>
          png(
            'max-age=60',
            echoes
              ? {
                  etag: `"${encodeURIComponent(inUrl)}"`,
                  'cache-status': `edge; hit; key="https://edge.example/6/33/22?${name}=${inUrl}"`,
                  'x-cache': `HIT ${inHeader}`,
                  'x-api-key': inHeader,
                  link: `<https://map.example/?${name}=${encodeURIComponent(inUrl)}>`,
                }
              : {},
          );
        const url = `/tiles/roads/6/33/22.png?${name}=${encodeURIComponent(inUrl)}`;
        const headers = { authorization: `Bearer ${inHeader}` };
        await world.ask({ action: 'trace' });
        await world.fetch(url, { headers });
        await world.fetch(url, { headers });
        const told = JSON.stringify([
          await world.inspect(url, { headers }),
          await world.inspect(url),
          await world.ask({ action: 'trace' }),
          await world.ask({ action: 'entries' }),
          await world.ask({ action: 'zooms' }),
          await world.ask({ action: 'overview' }),
        ]);
        expect(told).toContain('"kind":"hit"');
        for (const text of [...forms(inUrl), ...forms(inHeader)]) expect(told).not.toContain(text);
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
