// Starts the demo: builds the pages and the worker, starts the origin, and prints its address.
import { parseArgs } from 'node:util';
import { buildShell, loadOrigin } from './build.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.PORT ?? '8080' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const [shell, { startDemoOrigin }] = await Promise.all([buildShell(), loadOrigin()]);
const origin = await startDemoOrigin(shell, Number(values.port), values.host).catch((error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`Port ${values.port} is taken. Choose another: npm run demo -- --port 3000`);
  process.exit(1);
});

console.log(`
  sw-tile-cache demo    ${origin.url}
  other pages           ${origin.url}leaflet  ${origin.url}openlayers
                        ${origin.url}regions  ${origin.url}kiosk

  Publish new data:
    curl -X POST ${origin.url}api/demo/publish -H 'Content-Type: application/json' -d '{"layer":"places"}'
  Only inside a box:
    curl -X POST ${origin.url}api/demo/publish -H 'Content-Type: application/json' \\
      -d '{"layer":"flood_zones","bbox":[-5,42,10,52]}'
`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void origin.close().then(() => process.exit(0)));
