/** Fuzzers of what an agent finds in its state directory: a whole record, an older one, or a refusal; never another. */
import { strict as assert } from 'node:assert';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createLogger } from '../../../packages/agent/dist/index.js';
import {
  decodeFile,
  encodeContent,
  type OwnershipContent,
} from '../../../packages/agent/dist/ownership/recordContent.js';
import { encodeSlot, takenBytes } from '../../../packages/agent/dist/ownership/recordSlots.js';
import { GodwitError } from '../../../packages/errors/dist/index.js';
import { readCheckpoint, writeCheckpoint } from '../../../packages/image/dist/dirtyCheckpoint.js';
import { MigrationJournal } from '../../../packages/source-agent/dist/journal/migrationJournal.js';
import { anyDamages, damaged } from './damage.js';
import { fuzzTarget } from './fuzzTarget.js';

const WORDS = 40;

function scratch(): { folder: string; close: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-fuzz-'));
  return { folder, close: async () => rmSync(folder, { recursive: true, force: true }) };
}

/** As an agent's second and third record. */
function ownershipFile(): { file: Buffer; contents: readonly OwnershipContent[] } {
  const contents = [1, 2].map((epoch): OwnershipContent => {
    const record = { name: 'vm', path: '/vm', role: 'owner' as const, epoch, fence: epoch, kind: 'disk' as const };
    const rest = { blockBytes: 4096, migration: 'm', location: '', peer: '', file: '1:2:3', offeredBy: 's' };
    return { identity: 'me', records: [{ ...record, ...rest }], outcomes: [{ migration: 'm', outcome: 'owner' }] };
  });
  const slots = contents.map((content, index) => {
    const payload = encodeContent(content);
    return encodeSlot({ sequence: 2 + index, slotBytes: takenBytes(payload), payload }, takenBytes(payload));
  });
  return { file: Buffer.concat(slots), contents };
}

const ownership = fuzzTarget({
  name: 'ownership-record',
  inputs: 1500,
  share: 40,
  arbitrary: anyDamages(3),
  expected: ['newest', 'older', 'refused'],
  open: async () => {
    const { file, contents } = ownershipFile();
    const written = contents.map((content) => JSON.stringify(content));
    return {
      tryOne: (damages) => {
        try {
          const found = written.indexOf(JSON.stringify(decodeFile('ownership.json', damaged(file, damages))));
          assert(found >= 0, 'a record that nobody wrote');
          return found === 1 ? 'newest' : 'older';
        } catch (thrown) {
          if (thrown instanceof GodwitError && thrown.code === 'E_STATE_CORRUPT') return 'refused';
          throw thrown;
        }
      },
    };
  },
});

const checkpoint = fuzzTarget({
  name: 'dirty-checkpoint',
  inputs: 1000,
  share: 35,
  arbitrary: fc.tuple(fc.array(fc.nat(0xffff_ffff), { minLength: WORDS, maxLength: WORDS }), anyDamages(3)),
  expected: ['damaged', 'whole'],
  open: async () => {
    const { folder, close } = scratch();
    const path = join(folder, 'checkpoint');
    const header = { sequence: 7, about: 'copy', boot: 'b', file: '1:2:3', sizeBytes: 1, groupBytes: 65_536 };
    return {
      close,
      tryOne: ([words, damages]) => {
        const bits = Uint32Array.from(words);
        writeFileSync(path, '');
        const fd = openSync(path, 'r+');
        writeCheckpoint(fd, header, bits);
        closeSync(fd);
        writeFileSync(path, damaged(readFileSync(path), damages));
        const found = readCheckpoint(path, WORDS);
        if (typeof found === 'string') return found;
        assert.deepEqual({ ...found.header, ...header }, found.header);
        assert.deepEqual(found.bits, bits);
        return 'whole';
      },
    };
  },
});

const journal = fuzzTarget({
  name: 'migration-journal',
  inputs: 1000,
  share: 30,
  arbitrary: anyDamages(3),
  expected: ['none', 'whole'],
  open: async () => {
    const { folder, close } = scratch();
    const request = {
      images: ['vm'],
      destination: 'there:7400',
      mode: 'live' as const,
      downtimeLimitMs: 50,
      verify: 'full' as const,
      maxRounds: 10,
      timeoutMs: 1000,
      onStall: 'abort' as const,
      cutover: 'auto' as const,
      patienceMs: 1000,
      seed: false,
    };
    const entry = { id: 'm1', request, attempts: 3, startedAt: '2026-01-02T03:04:05.000Z' };
    mkdirSync(join(folder, 'migrations'));
    const path = join(folder, 'migrations', 'm1.json');
    MigrationJournal.open(folder).write(entry);
    const whole = readFileSync(path);
    return {
      close,
      tryOne: (damages) => {
        writeFileSync(path, damaged(whole, damages));
        const found = MigrationJournal.open(folder).entries(createLogger('silent'));
        if (found.length === 0) return 'none';
        assert.deepEqual(found, [entry]);
        return 'whole';
      },
    };
  },
});

export const STATE_TARGETS = [ownership, checkpoint, journal];
