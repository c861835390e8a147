import { GateState, type LiveImage } from '@godwit/image';

/** Writes are refused from now on (cold mode); resolves when none is in progress. */
export async function refuseWrites(images: readonly LiveImage[]): Promise<void> {
  for (const { maps } of images) maps.gate.refuse();
  await Promise.all(images.map(({ maps }) => maps.gate.drained()));
}

/** The workload runs again. A gate that says moved stays so: no failure behind the handover may reopen it. */
export function thawKept(images: readonly LiveImage[]): void {
  for (const image of images) if (image.maps.gate.state !== GateState.moved) image.thaw();
}
