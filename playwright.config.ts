import { existsSync } from 'node:fs';
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { chromium, firefox } from 'playwright';

/** Playwright's own browser where it is installed, else the distribution's. */
function executable(own: string, ...others: string[]): { executablePath?: string } {
  if (existsSync(own)) return {};
  const path = others.find((file) => existsSync(file));
  return path ? { executablePath: path } : {};
}

const chromiumOptions = {
  ...executable(chromium.executablePath(), '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

const firefoxPath = executable(firefox.executablePath(), '/usr/bin/firefox-esr', '/usr/bin/firefox');
const firefoxOptions = { ...firefoxPath, ...(firefoxPath.executablePath && { channel: 'moz-firefox' }) };

const engines = /engines.*\.spec\.ts/;
const config: PlaywrightTestConfig = {
  testDir: 'e2e',
  outputDir: 'test-results',
  retries: 0,
  workers: 2,
  // Tests of one file share nothing, but a machine with two cores gains nothing from more.
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['line'], ['json']] : [['line']],
  use: { serviceWorkers: 'allow', viewport: { width: 1000, height: 700 } },
  projects: [
    { name: 'chromium', testMatch: /.*\.spec\.ts/, use: { browserName: 'chromium', launchOptions: chromiumOptions } },
    { name: 'firefox', testMatch: engines, use: { browserName: 'firefox', launchOptions: firefoxOptions } },
    // Driven over WebDriver by its own fixture; no Playwright browser is started.
    { name: 'webkit', testMatch: engines, use: { browserName: 'webkit' } },
  ],
};

export default defineConfig(config);
