import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerMarkers, StorageProof } from './sharedStorage.js';
import { manifestWith } from './testing/manifest.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-shared-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const machine = () =>
  manifestWith({
    disks: [
      { name: 'own', path: '/nowhere/own.raw' },
      { name: 'data', path: join(folder, 'data.raw'), shared: true },
    ],
  });

it('is proved when both sides see what the other wrote, and leaves nothing', () => {
  const proof = StorageProof.begin(machine());
  expect(proof.markers.map(({ disk }) => disk)).toEqual(['data']);
  expect(answerMarkers(proof.markers)).toEqual([]);
  expect(proof.findings()).toEqual([]);
  proof.end();
  expect(readdirSync(folder)).toEqual([]);
});

it('is not when the destination sees no marker, another one, or the source no answer', () => {
  const proof = StorageProof.begin(machine());
  const [marker] = proof.markers;
  if (marker === undefined) throw new Error('no marker was made');
  expect(answerMarkers([{ ...marker, word: 'another' }])).toMatchObject([{ code: 'storage-not-shared' }]);
  expect(proof.findings()).toMatchObject([{ severity: 'error', code: 'storage-not-shared' }]);
  unlinkSync(marker.path);
  expect(answerMarkers(proof.markers)).toMatchObject([{ code: 'storage-not-shared' }]);
  proof.end();
  expect(readdirSync(folder)).toEqual([]);
});

it('says which folder cannot be written, and leaves no marker in the others', () => {
  const disks = [...machine().disks, { name: 'gone', path: join(folder, 'none', 'x.raw'), shared: true }];
  expect(() => StorageProof.begin(manifestWith({ disks }))).toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual([]);
});
