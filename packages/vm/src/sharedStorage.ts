import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemOf } from '@godwit/errors';
import { type Finding, finding, type VmManifest } from '@godwit/qemu';
import { type Static, Type } from '@godwit/schema';

/** A file beside a shared disk that both sides have to see. */
export const MarkerSchema = Type.Object({ disk: Type.String(), path: Type.String(), word: Type.String() });
export type Marker = Static<typeof MarkerSchema>;

/** What the other side writes beside it, to be seen by the first. */
const ANSWER = '.seen';
const WORD_BYTES = 16;

/** The source's half of the proof: makes a marker beside each shared disk. */
export class StorageProof {
  readonly markers: readonly Marker[];

  private constructor(markers: readonly Marker[]) {
    this.markers = markers;
  }

  /** @throws Error of the system where a folder cannot be written */
  static begin({ disks }: Pick<VmManifest, 'disks'>): StorageProof {
    const markers: Marker[] = [];
    const proof = new StorageProof(markers);
    try {
      for (const { name: disk, path, shared } of disks) {
        if (shared !== true) continue;
        const word = randomBytes(WORD_BYTES).toString('hex');
        const marker = { disk, path: join(dirname(path), `.godwit-marker-${word.slice(0, 8)}`), word };
        writeFileSync(marker.path, word, { flag: 'wx', mode: 0o644, flush: true });
        markers.push(marker);
      }
      return proof;
    } catch (error) {
      proof.end();
      throw error;
    }
  }

  /** After the other side has answered: an answer that is not seen here is one from other storage. */
  findings(): Finding[] {
    return this.markers.flatMap(({ disk, path, word }) => {
      const problem = differs(`${path}${ANSWER}`, word);
      return problem === undefined
        ? []
        : [notShared(disk, `this side does not see what the destination wrote: ${problem}`)];
    });
  }

  end(): void {
    for (const { path } of this.markers) {
      rmSync(path, { force: true });
      rmSync(`${path}${ANSWER}`, { force: true });
    }
  }
}

/** The destination's half: reads the markers, and answers beside those that it sees. */
export function answerMarkers(markers: readonly Marker[]): Finding[] {
  return markers.flatMap(({ disk, path, word }) => {
    const problem = differs(path, word);
    if (problem !== undefined) return [notShared(disk, `the destination does not see the source's marker: ${problem}`)];
    try {
      writeFileSync(`${path}${ANSWER}`, word, { flag: 'wx', flush: true });
      return [];
    } catch (error) {
      return [notShared(disk, `the destination cannot write there: ${problemOf(error)}`)];
    }
  });
}

function differs(path: string, word: string): string | undefined {
  try {
    return readFileSync(path, 'utf8') === word ? undefined : `${path} says something else`;
  } catch (error) {
    return problemOf(error);
  }
}

function notShared(disk: string, why: string): Finding {
  const what = `disk "${disk}" is marked as shared, and is not`;
  const mend =
    'mount the same storage at the same path on both hosts, or take the mark away and let the disk be copied';
  return finding('error', 'storage-not-shared', what, why, mend);
}
