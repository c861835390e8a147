import { expect, it } from 'vitest';
import { initramfs } from './initramfs.js';

const HEADER_BYTES = 110;

it('is an archive of cpio whose entries begin at multiples of four bytes', () => {
  const archive = initramfs([
    { path: 'dev', mode: 0o755 },
    { path: 'init', content: Buffer.from('#!'), mode: 0o755 },
  ]);
  const seen: string[] = [];
  for (let at = 0; at < archive.length; ) {
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('latin1', at + HEADER_BYTES, at + HEADER_BYTES + nameSize - 1);
    const content = at + Math.ceil((HEADER_BYTES + nameSize) / 4) * 4;
    seen.push(`${mode.toString(8)} ${name} ${archive.toString('latin1', content, content + size)}`);
    at = content + Math.ceil(size / 4) * 4;
  }
  expect(seen).toEqual(['40755 dev ', '100755 init #!', '0 TRAILER!!! ']);
});
