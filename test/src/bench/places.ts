import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Place } from './measured.js';

const MEMORY = '/dev/shm';
/** statfs(2), TMPFS_MAGIC. */
const TMPFS = 0x01021994;
const IN_REPOSITORY = fileURLToPath(new URL('../../../bench/results/', import.meta.url));

export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS;
}

function memory(): Place | undefined {
  return existsSync(MEMORY) && isInMemory(MEMORY) ? { name: 'tmpfs', folder: MEMORY } : undefined;
}

/** The folder for temporary files, or this repository's where that lies in memory. */
function disk(): Place | undefined {
  mkdirSync(IN_REPOSITORY, { recursive: true });
  const folder = [tmpdir(), IN_REPOSITORY].find((candidate) => !isInMemory(candidate));
  return folder === undefined ? undefined : { name: 'disk', folder };
}

/** The places of a choice of --place; what the machine does not have is told. */
export function placesOf(choice: string, say: (line: string) => void): Place[] {
  if (choice !== 'tmpfs' && choice !== 'disk' && choice !== 'both') throw new Error('--place: tmpfs, disk or both');
  const found: Place[] = [];
  for (const [name, place] of [['tmpfs', memory()] as const, ['disk', disk()] as const]) {
    if (choice !== 'both' && choice !== name) continue;
    if (place === undefined) say(`${name} is left out: this machine has no such folder`);
    else found.push(place);
  }
  return found;
}
