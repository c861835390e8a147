import type { DepartureContext } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { Machine } from './machine.js';

/** @throws GodwitError E_WORKLOAD for a machine that runs, and cannot be told to stand still */
export function assertMovable({ record, guest }: Machine, mode: DepartureContext['mode']): void {
  const { name } = record.manifest;
  const problem =
    mode === 'cold'
      ? `machine "${name}" runs, and its memory cannot be refused; stop it, or move it live`
      : `the QEMU of machine "${name}" is not to be reached; restart the agent, or stop the machine`;
  if (mode === 'cold' || guest?.isThere !== true) throw new GodwitError('E_WORKLOAD', { problem });
}

export function unknownDriver(workload: string): GodwitError {
  return new GodwitError('E_WORKLOAD', { problem: `no driver "${workload}" is here` });
}
