import { describe, expect, it } from 'vitest';
import { memoryRanges } from './warmMemory.js';

const MAP = `FlatView #0\r
 AS "cpu-smm-0", root: memory\r
  0000000000000000-00000000000bffff (prio 0, ram): ram0\r
FlatView #1\r
 AS "memory", root: system\r
 AS "cpu-memory-0", root: system\r
  0000000000000000-000000000009ffff (prio 0, ram): ram0\r
  00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem\r
  00000000000c0000-00000000000dffff (prio 1, rom): pc.rom\r
  0000000000100000-000000007fffffff (prio 0, ram): ram0 @0000000000100000\r
  0000000100000000-00000001ffffffff (prio 0, ram): ram0 @0000000080000000\r
FlatView #2\r
 AS "virtio-blk", root: bus master container\r
  0000000000000000-000000000009ffff (prio 0, ram): ram0\r
`;

describe('where a guest has its memory', () => {
  it('is what its processors see of the memory image, without devices and holes, once', () => {
    expect(memoryRanges(MAP)).toEqual([
      { from: 0, bytes: 0xa0000 },
      { from: 0x100000, bytes: 0x7ff00000 },
      { from: 0x100000000, bytes: 0x100000000 },
    ]);
  });

  it('is nowhere in what is no such map', () => {
    expect(memoryRanges('unknown command')).toEqual([]);
  });
});
