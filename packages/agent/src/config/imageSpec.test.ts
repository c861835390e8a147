import { describe, expect, it } from 'vitest';
import { parseImageSpec } from './imageSpec.js';

describe('parseImageSpec', () => {
  it.each([
    ['vm=/x.img', { name: 'vm', path: '/x.img', kind: 'disk' }],
    ['ram=/dev/shm/ram,kind=memory', { name: 'ram', path: '/dev/shm/ram', kind: 'memory' }],
    ['vm=/x,block=1M,kind=disk', { name: 'vm', path: '/x', kind: 'disk', blockBytes: 1_048_576 }],
    ['vm=/a,b=c,block=4K', { name: 'vm', path: '/a,b=c', kind: 'disk', blockBytes: 4096 }],
    ['vm=relative path', { name: 'vm', path: 'relative path', kind: 'disk' }],
  ])('reads %s', (text, spec) => {
    expect(parseImageSpec(text)).toEqual(spec);
  });

  it.each([
    ['vm', 'E_BAD_VALUE', 'expected NAME=PATH'],
    ['=/x', 'E_BAD_VALUE', 'expected NAME=PATH'],
    ['vm=', 'E_BAD_VALUE', 'expected NAME=PATH'],
    ['vm=,kind=disk', 'E_BAD_VALUE', 'expected NAME=PATH'],
    ['a/b=/x', 'E_BAD_NAME', '"a/b"'],
    ['..=/x', 'E_BAD_NAME', '".."'],
    [`${'n'.repeat(65)}=/x`, 'E_BAD_NAME', 'nnn'],
    ['vm=/x,kind=tape', 'E_BAD_VALUE', 'kind in --image is "tape"; expected disk or memory'],
    ['vm=/x,block=5000', 'E_BAD_VALUE', 'block in --image is "5000"; expected a power of two'],
    ['vm=/x,block=2K', 'E_BAD_VALUE', 'power of two from 4K to 1M'],
    ['vm=/x,block=2M', 'E_BAD_VALUE', 'power of two from 4K to 1M'],
    ['vm=/x,block=big', 'E_BAD_VALUE', 'expected a size'],
  ])('refuses %s', (text, code, said) => {
    expect(() => parseImageSpec(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(said) }),
    );
  });
});
