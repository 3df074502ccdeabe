import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { chromiumOptions, firefoxOptions } from './e2e/fixtures/browsers';

/**
 * The files that run in three engines: by default those whose behaviour must be the same in all of them, and with
 * `ENGINES=all` (`npm run test:engines`) also every test of a map binding.
 */
const engines =
  process.env['ENGINES'] === 'all'
    ? /engines.*|adapters\/(assets|coverage|leaflet|maplibre|openlayers|other-sources|prefetch|retry|worker)\.spec\.ts/
    : /engines.*\.spec\.ts|adapters\/leaflet\.spec\.ts/;
/** Five minutes of a kiosk and its faults, mostly idle. `npm test` runs it beside the unit tests. */
const alone = /kiosk-faults\.spec\.ts/;
const config: PlaywrightTestConfig = {
  testDir: 'e2e',
  outputDir: 'test-results',
  retries: 0,
  // Three workers for two cores, because tests often wait for a timer or an answer.
  workers: 3,
  // Files run in parallel. The tests of a file run one after another, unless the file says otherwise.
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['json']] : [['line']],
  use: { serviceWorkers: 'allow', viewport: { width: 1000, height: 700 } },
  projects: [
    {
      name: 'chromium',
      testMatch: /.*\.spec\.ts/,
      testIgnore: alone,
      use: { browserName: 'chromium', launchOptions: chromiumOptions },
    },
    { name: 'firefox', testMatch: engines, use: { browserName: 'firefox', launchOptions: firefoxOptions } },
    // A fixture drives WebKit over WebDriver. Playwright starts no browser.
    { name: 'webkit', testMatch: engines, use: { browserName: 'webkit' } },
    // It starts its own browser.
    { name: 'kiosk', testMatch: alone },
  ],
};

export default defineConfig(config);
