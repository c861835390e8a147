import type { DepartureContext } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { Machine } from './machine.js';

/** What is wrong with a machine whose memory is served no more. Whoever restarts the agent would end it. */
export const MEMORY_ENDED =
  'the program that serves its memory has ended; nothing that it writes there is kept, and it ends where it needs a page that is not cached: ' +
  'power it off from inside while it answers';

/** @throws GodwitError E_WORKLOAD for a machine that runs, and cannot be told to stand still */
export function assertMovable({ record, guest }: Machine, mode: DepartureContext['mode']): void {
  const { name } = record.manifest;
  let problem: string | undefined;
  if (mode === 'cold') problem = `machine "${name}" runs, and its memory cannot be refused; stop it, or move it live`;
  else if (guest?.isThere !== true) {
    problem = `the QEMU of machine "${name}" is not to be reached; restart the agent, or stop the machine`;
  } else if (!guest.hasMemory) problem = `machine "${name}" cannot move: ${MEMORY_ENDED}`;
  if (problem !== undefined) throw new GodwitError('E_WORKLOAD', { problem });
}

export function unknownDriver(workload: string): GodwitError {
  return new GodwitError('E_WORKLOAD', { problem: `no driver "${workload}" is here` });
}
