import { GodwitError } from '@godwit/errors';
import type { VmManifest } from '@godwit/qemu';
import type { Machine } from './machine.js';
import { movingImages } from './names.js';
import type { VmRecord } from './vmRecord.js';

/**
 * Of two that want a name, the one that came first has it. What an earlier try left of an arrival makes way.
 *
 * @throws GodwitError E_VM where machine `known` stands in the way of one of its name that `migration` brings
 */
export function assertMakesWay(known: Machine, migration: string, isHere: boolean): void {
  const { name } = known.record.manifest;
  const { phase } = known.record;
  const refuse = (problem: string) => new GodwitError('E_VM', { name, problem });
  if (known.isChanging) throw refuse('it is just being started or ended');
  if (known.arrival !== undefined && known.arrival !== migration) {
    throw refuse(`a machine of that name is on its way to the destination already, in migration ${known.arrival}`);
  }
  if (isHere || (phase !== 'left' && phase !== 'arriving')) {
    throw refuse(`a machine of that name is ${isHere ? 'owned' : phase} at the destination`);
  }
}

/** Another machine has neither its UUID nor an image of its name ("a" with a disk "b-ram", and "a-b"). @throws GodwitError E_VM */
export function assertIsItsOwn(manifest: VmManifest, records: readonly VmRecord[]): void {
  const { name, uuid } = manifest;
  const names = movingImages(manifest, true);
  const refuse = (problem: string) => new GodwitError('E_VM', { name, problem });
  if (new Set(names).size < names.length) {
    throw refuse('no disk may be called "ram" or "state"; these are images of its own');
  }
  for (const { manifest: other, phase } of records) {
    if (other.name === name || phase === 'left') continue;
    const shared = movingImages(other, true).find((image) => names.includes(image));
    if (other.uuid === uuid) throw refuse(`machine "${other.name}" has its UUID, ${uuid}`);
    if (shared === undefined) continue;
    throw refuse(`machine "${other.name}" has an image "${shared}" too; rename one of them`);
  }
}
