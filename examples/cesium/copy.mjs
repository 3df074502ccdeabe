// Copies the web workers and images that Cesium loads at run time.
import { cpSync } from 'node:fs';

const engine = 'node_modules/@cesium/engine';
for (const [from, to] of [
  ['Build/Workers', 'Workers'],
  ['Build/ThirdParty', 'ThirdParty'],
  ['Source/Assets', 'Assets'],
])
  cpSync(`${engine}/${from}`, `public/cesium/${to}`, { recursive: true });
