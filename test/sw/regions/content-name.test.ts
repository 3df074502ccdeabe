import { expect, it } from 'vitest';
import { contentName } from '../../../sw/regions/content-name';
import { crc32 } from '../../../sw/store/crc32';

it('differs for two bodies of the same length and checksum', () => {
  const one = new TextEncoder().encode('a tile of which there is another');
  const other = new Uint8Array(one);
  // Adding the polynomial of the checksum does not change the remainder.
  [0x41, 0x06, 0x71, 0xdb, 0x01].forEach((byte, at) => (other[7 + at]! ^= byte));
  const crc = crc32(one);
  expect(crc32(other)).toBe(crc);
  expect(contentName(other, crc)).not.toBe(contentName(one, crc));
  expect(contentName(new Uint8Array(one), crc)).toBe(contentName(one, crc));
});
