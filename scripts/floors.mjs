/** The rooms of each world by floor, from the lowest up. A room imports only from rooms on lower floors. */
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
