// Functions of the origin's entry point refuse unknown options by name.
import { describe, expect, it } from 'vitest';
import {
  audit,
  createCloudflarePurger,
  createCloudFrontPurger,
  createFastlyPurger,
  createNginxFilesPurger,
  createNginxLocationPurger,
  createVarnishPurger,
  datasetVersion,
} from '../../server';

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
const purgers: Record<string, (more: object) => unknown> = {
  createCloudflarePurger: (more) => createCloudflarePurger({ zone: 'z', token: 't', ...more }),
  createCloudFrontPurger: (more) => createCloudFrontPurger({ distribution: 'E', credentials, ...more }),
  createFastlyPurger: (more) => createFastlyPurger({ service: 's', token: 't', ...more }),
  createVarnishPurger: (more) => createVarnishPurger({ instances: ['http://v'], ...more }),
  createNginxLocationPurger: (more) => createNginxLocationPurger({ instances: ['http://n'], ...more }),
};

describe.each(Object.entries(purgers))('%s', (_, make) => {
  it.each<[object, string, string]>([
    [{ attemps: 3 }, 'attemps', 'Did you mean attempts?'],
    [{ attempts: 0 }, 'attempts', 'Correct attempts.'],
    [{ timeout: 10_000 }, 'timeout', 'Correct timeout.'],
    [{ timeout: NaN }, 'timeout', 'Correct timeout.'],
    [{ requestsPerSecond: 0 }, 'requestsPerSecond', 'Correct requestsPerSecond.'],
    [{ patience: '60' }, 'patience', 'Correct patience.'],
  ])('refuses %j', (more, field, remedy) => {
    expect(() => make(more)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field, remedy }));
  });

  it('treats an undefined option as absent', () => {
    expect(() => make({ attempts: undefined })).not.toThrow();
  });
});

it.each<[string, object, string]>([
  ['createCloudflarePurger', { by: 'urls' }, 'by'],
  ['createCloudFrontPurger', { paths: ['/tiles/*'] }, 'paths'],
  ['createFastlyPurger', { soft: 'yes' }, 'soft'],
  ['createVarnishPurger', { byURL: true }, 'byURL'],
  ['createNginxLocationPurger', { method: 'Purge' }, 'method'],
])('%s refuses %j', (name, more, field) => {
  expect(() => purgers[name]!(more)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }));
});

it('createNginxFilesPurger refuses a wrong name, and no directory', () => {
  const make = (options: object) => () => createNginxFilesPurger(options as never);
  expect(make({ cachePath: '/c', match: () => true })).toThrow(
    expect.objectContaining({ field: 'match', remedy: 'Did you mean matches?' }),
  );
  for (const cachePath of [undefined, '']) expect(make({ cachePath })).toThrow(/^cachePath must be/);
});

it('datasetVersion refuses a wrong name, and a value that is no data', async () => {
  for (const [data, field] of [
    [{ files: ['a'], rooot: '/data' }, 'rooot'],
    [{ file: ['a'] }, 'file'],
    [{}, 'files'],
    [undefined, 'data'],
    [12, 'data'],
  ] as const)
    await expect(datasetVersion(data as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', field });
});

describe('audit', () => {
  const PNG = Buffer.from('iVBORw0KGgo', 'base64');
  const asked: string[] = [];
  const fetch = async (url: unknown) => (asked.push(String(url)), new Response(PNG));

  it('needs only a URL', async () => {
    await audit({ url: 'https://t.example/{z}/{x}/{y}.png' }, { fetch });
    expect(asked[0]).toBe('https://t.example/0/0/0.png');
  });

  it('refuses a wrong name, and a value that is no URL', async () => {
    for (const [task, field] of [
      [{ url: 'https://t.example/', header: {} }, 'header'],
      [{ url: '/tiles/0/0/0.png' }, 'url'],
      [{ url: 'file:///etc/passwd' }, 'url'],
    ] as const)
      await expect(audit(task as never, { fetch })).rejects.toMatchObject({ code: 'INVALID_OPTION', field });
  });
});
