import tseslint from 'typescript-eslint';

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

/** The worker's rooms, from the ground up: each imports from rooms below it, never from beside it or above. */
const floors = [
  ['util', 'http', 'pages'],
  ['policy', 'store'],
  ['ledger', 'index'],
  ['lookup'],
  ['origin'],
  ['request'],
  ['archives', 'debug', 'inspect', 'move-in', 'placeholders', 'regions'],
  ['commands'],
];
const upstairs = floors.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const above = [...floors.slice(floor).flat(), 'assembly'].filter((other) => other !== room);
    return {
      files: [`sw/${room}/**/*.ts`],
      rules: imports(
        ...workerOnly,
        { regex: `^(\\.\\./)+(${above.join('|')})(/|$)`, message: `sw/${room}/ imports from the rooms below it only.` },
        { regex: '^(\\.\\./)+(sw/)?[a-z-]+$', message: 'What lies in sw/ itself puts the rooms together.' },
      ),
    };
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
      'no-new-func': 'error',
      'no-eval': 'error',
    },
  },

  // Page -> shared <- worker, origin -> shared. Nothing else.
  {
    files: ['src/**/*.ts'],
    ignores: ['src/shared/**'],
    rules: {
      ...imports(own('src', 'The page imports from src/ only.'), noNode, { ...noWorkbox, regex: '^workbox-' }),
      ...noGlobals(['caches'], 'Cache Storage belongs to sw/store/tile-store.ts.'),
    },
  },
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
  ...upstairs,
  // The composition root hands the browser's own objects to those that take them.
  {
    files: ['sw/store/tile-store.ts', 'sw/tile-cache.ts', 'sw/remove-worker.ts', 'src/removal/index.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
  // Decisions do no I/O and know no clock.
  {
    files: ['sw/http/*.ts', 'sw/policy/*.ts'],
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
    rules: imports({
      regex: `^(\\.\\./)+(?!server/|src/shared/)${worlds}(/|$)`,
      message: 'The origin companion imports from server/ and src/shared/ only.',
    }),
  },
  { files: ['demo/**', 'bench/**', 'e2e/**', 'test/**'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
);
