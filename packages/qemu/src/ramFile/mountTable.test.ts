import { describe, expect, it } from 'vitest';
import { isMounted, parseMounts } from './mountTable.js';

describe('the table of mounts', () => {
  it('names where they are, spaces and all', () => {
    const table =
      '22 1 0:21 / /proc rw - proc proc rw\n36 1 0:40 / /a\\040b/ram rw,nosuid - fuse /dev/fuse rw,user_id=0\n';
    expect(parseMounts(table)).toEqual([
      { point: '/proc', device: '0:21', type: 'proc' },
      { point: '/a b/ram', device: '0:40', type: 'fuse' },
    ]);
  });

  it('knows this host', async () => {
    expect(await isMounted('/proc')).toBe(true);
    expect(await isMounted('/proc/no-such-mount')).toBe(false);
  });
});
