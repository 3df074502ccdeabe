import { expect, it } from 'vitest';
import { forbids } from '../../../sw/origin/own-policy';

const TILE = 'https://a.tiles.example/4/1/1.png';

it.each<[string, string, boolean]>([
  ['', TILE, false],
  ["script-src 'self'", TILE, false],
  ["connect-src 'self'", TILE, true],
  ["default-src 'self'; img-src *", TILE, true],
  ["default-src 'self'; connect-src *", TILE, false],
  ["default-src *; connect-src 'none'", TILE, true],
  ['connect-src', TILE, true],
  ["connect-src 'self' https://a.tiles.example", TILE, false],
  ["Connect-Src 'self' https://A.Tiles.example/4/", TILE, false],
  ['connect-src a.tiles.example', TILE, false],
  ['connect-src b.tiles.example', TILE, true],
  ['connect-src *.tiles.example', TILE, false],
  ['connect-src *.tiles.example', 'https://tiles.example/1', true],
  ['connect-src *.iles.example', TILE, true],
  ['connect-src https:', TILE, false],
  ['connect-src http:', TILE, false],
  ['connect-src https:', 'http://a.tiles.example/1', true],
  ['connect-src http://a.tiles.example', TILE, false],
  ['connect-src wss://a.tiles.example', TILE, true],
  ['connect-src a.tiles.example:8443', TILE, true],
  ['connect-src a.tiles.example:8443', 'https://a.tiles.example:8443/1', false],
  ['connect-src a.tiles.example', 'https://a.tiles.example:8443/1', true],
  ['connect-src https://a.tiles.example:443', TILE, false],
  ['connect-src a.tiles.example:80', 'http://a.tiles.example/1', false],
  // Browsers let `http:` and its port be upgraded.
  ['connect-src http://a.tiles.example:80', TILE, false],
  ['connect-src a.tiles.example:80', 'https://a.tiles.example:8443/1', true],
  ['connect-src a.tiles.example:*', 'https://a.tiles.example:8443/1', false],
  ['connect-src *', 'http://127.0.0.1:4711/1', false],
  // Only a lone asterisk stands for every port.
  ['connect-src https://*', TILE, false],
  ['connect-src https://*', 'https://a.tiles.example:8443/1', true],
  ['connect-src https://*:*', 'https://a.tiles.example:8443/1', false],
  // No source can name an IPv6 address (CSP Level 3, section 2.3.1): WebKit blocks all but the last two.
  ['connect-src http://[::1]:8080', 'http://[::1]:8080/1', true],
  ['connect-src [::1]:*', 'http://[::1]:8080/1', true],
  ['connect-src http://*:8080', 'http://[::1]:8080/1', false],
  ['connect-src http:', 'http://[::1]:8080/1', false],
  // Each of several policies must allow the URL. Of equal directives, the first one counts.
  ["connect-src *, default-src 'self'", TILE, true],
  ["connect-src *; connect-src 'self'", TILE, false],
  ['upgrade-insecure-requests;  ; connect-src\thttps://a.tiles.example ;', TILE, false],
])('%s: %s', (policy, url, expected) => expect(forbids(policy, url)).toBe(expected));
