import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { NamelessFile } from './namelessFile.js';
import { RawFile } from './rawFile.js';

it('has no name, and is opened again by its path as often as anybody likes', () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('godwit-scratch-'));
  const file = NamelessFile.create(5, Buffer.from('abc'));
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('godwit-scratch-'));
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
  expect(readFileSync(file.path).toString('latin1')).toBe('abc\0\0');
  writeFileSync(file.path, 'other');
  const again = RawFile.open(file.path, 'r');
  expect(again.size).toBe(5);
  file.close();
  const bytes = Buffer.alloc(5);
  again.readSync(bytes, 0);
  expect(bytes.toString()).toBe('other');
  again.closeSync();
});
