import { checkNetwork } from './checkNetwork.js';
import { checkPaths } from './checkPaths.js';
import { checkQemu } from './checkQemu.js';
import { checkRoom } from './checkRoom.js';
import type { HostDescription, VmDescription } from './description.js';
import { type Finding, finding, type Severity } from './finding.js';

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** What keeps a guest from running here as it did, what may, and what is good to know; errors first. It looks at nothing but these two. */
export function compareHosts(vm: VmDescription, here: HostDescription): Finding[] {
  const findings = [checkQemu, checkIdentity, checkRoom, checkNetwork, checkPaths].flatMap((check) => check(vm, here));
  return ORDER.flatMap((severity) => findings.filter((one) => one.severity === severity));
}

function checkIdentity({ manifest: { name, uuid } }: VmDescription, here: HostDescription): Finding[] {
  const why = 'it may be this very guest, and one guest must not run twice';
  const mend = 'end or remove that one first (godwit vm list)';
  return [
    ...(here.uuidsInUse.includes(uuid)
      ? [finding('error', 'uuid-in-use', `a guest with UUID ${uuid} is here already`, why, mend)]
      : []),
    ...(here.namesInUse.includes(name)
      ? [finding('error', 'name-in-use', `a guest named ${name} is here already`, why, mend)]
      : []),
  ];
}
