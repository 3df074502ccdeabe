/** The rooms of each world, from the ground up: one imports from rooms below it, never from beside it or above. */
export const floors = {
  sw: [
    ['util', 'http', 'pages'],
    ['policy', 'store'],
    ['ledger', 'index'],
    ['lookup'],
    ['origin'],
    ['request'],
    ['archives', 'debug', 'inspect', 'move-in', 'placeholders', 'regions'],
    ['commands'],
    ['assembly'],
  ],
  src: [
    ['screen', 'move-in', 'removal'],
    ['page'],
    ['worker', 'adapters', 'tile-age'],
    ['versions', 'vitals'],
    ['client', 'prefetch'],
    ['rum', 'kiosk', 'inspector', 'regions', 'react'],
  ],
  server: [
    ['util', 'http'],
    ['tiles'],
    ['versions', 'purge'],
    ['layers', 'rum'],
    ['publish'],
    ['hooks', 'audit', 'serve'],
    ['detect'],
    ['cli'],
  ],
};
