import tseslint from 'typescript-eslint';
import { floors } from './scripts/floors.mjs';

const worlds = '(src|sw|server|test|e2e|demo|bench|scripts)';

/** Forbids imports whose path matches; the message says which way imports go. */
const imports = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: patterns.map(({ regex, message }) => ({ regex, message })) },
  ],
});

const own = (world, message) => ({ regex: `^(\\.\\./)+(?!${world}/)${worlds}(/|$)`, message });
const noNode = { regex: '^node:', message: 'This code runs in browsers.' };
const noWorkbox = { regex: '^(workbox-|idb$)', message: 'Only the worker uses Workbox and idb.' };

/** Reached as a global or through `self`, `globalThis` or `window`. */
const noGlobals = (names, message) => ({
  'no-restricted-globals': ['error', ...names.map((name) => ({ name, message }))],
  'no-restricted-properties': [
    'error',
    ...['self', 'globalThis', 'window'].flatMap((object) => names.map((property) => ({ object, property, message }))),
  ],
});

const workerOnly = [
  {
    regex: `^(\\.\\./)+(?!sw/|src/shared/)${worlds}(/|$)`,
    message: 'The worker imports from sw/ and src/shared/ only.',
  },
  noNode,
];

const pageOnly = [own('src', 'The page imports from src/ only.'), noNode, { ...noWorkbox, regex: '^workbox-' }];

const originOnly = [
  {
    regex: `^(\\.\\./)+(?!server/|src/shared/)${worlds}(/|$)`,
    message: 'The origin companion imports from server/ and src/shared/ only.',
  },
];

/** What lies in a world's own folder puts its rooms together; these run the whole. */
const runners = ['sw/assembly', 'server/serve', 'server/detect', 'server/cli'];

const upstairs = (world, ...rules) =>
  floors[world].flatMap((rooms, floor) =>
    rooms.flatMap((room) => {
      const beside = floors[world].slice(floor).flat();
      const others = beside.filter((other) => other !== room).join('|');
      const below = { regex: `^(\\.\\./)+(${others})(/|$)`, message: `${world}/${room}/ imports from below only.` };
      const held = others ? [...rules, below] : rules;
      const whole = { regex: '^\\.\\./[a-z-]+$', message: `What lies in ${world}/ itself puts the rooms together.` };
      return [
        { files: [`${world}/${room}/*/**`], rules: imports(...held) },
        {
          files: [`${world}/${room}/*.{ts,tsx}`],
          rules: imports(...held, ...(runners.includes(`${world}/${room}`) ? [] : [whole])),
        },
      ];
    }),
  );

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', 'coverage/', 'test-results/', 'playwright-report/', '.cache/'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-duplicate-imports': 'error',
      'no-new-func': 'error',
      'no-eval': 'error',
    },
  },

  // A reader takes in a function at one look.
  { files: ['src/**/*.ts', 'sw/**/*.ts', 'server/**/*.ts'], rules: { 'max-lines-per-function': ['error', 80] } },

  // Page -> shared <- worker, origin -> shared. Nothing else.
  {
    files: ['src/**/*.ts'],
    ignores: ['src/shared/**'],
    rules: {
      ...imports(...pageOnly),
      ...noGlobals(['caches'], 'Cache Storage belongs to sw/store/tile-store.ts.'),
    },
  },
  ...upstairs('src', ...pageOnly),
  {
    files: ['src/shared/**/*.ts'],
    rules: {
      ...imports({ regex: '^(?!\\./)', message: 'Shared code imports nothing outside src/shared/.' }),
      ...noGlobals(
        ['caches', 'indexedDB', 'fetch', 'document', 'navigator', 'setTimeout', 'setInterval', 'localStorage'],
        'Shared code is pure: pass effects in.',
      ),
    },
  },
  {
    files: ['sw/**/*.ts'],
    rules: {
      ...imports(...workerOnly),
      ...noGlobals(['caches'], 'Cache Storage belongs to sw/store/tile-store.ts; it is passed in.'),
    },
  },
  ...upstairs('sw', ...workerOnly),
  // The composition root hands the browser's own objects to those that take them.
  {
    files: ['sw/store/tile-store.ts', 'sw/tile-cache.ts', 'sw/remove-worker.ts', 'src/removal/index.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
  // Decisions do no I/O and know no clock.
  {
    files: ['sw/http/**/*.ts', 'sw/policy/**/*.ts'],
    rules: {
      ...noGlobals(
        ['caches', 'indexedDB', 'fetch', 'setTimeout', 'setInterval', 'performance'],
        'A decision is pure: pass effects in.',
      ),
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'A decision knows no clock: pass `now` in.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'A decision knows no clock: pass `now` in.',
        },
      ],
    },
  },
  {
    files: ['server/**/*.ts'],
    rules: imports(...originOnly),
  },
  ...upstairs('server', ...originOnly),
  { files: ['demo/**', 'bench/**', 'e2e/**', 'test/**'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
);
