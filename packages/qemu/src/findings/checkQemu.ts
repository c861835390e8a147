import type { QemuVersion } from '../qmp/qmpMessage.js';
import type { HostDescription, QemuAbilities, VmDescription } from './description.js';
import { type Finding, finding } from './finding.js';

const SHOWN_FLAGS = 12;

/** QEMU itself: is it there, no older, and does it know this machine and its processor? */
export function checkQemu(vm: VmDescription, here: HostDescription): Finding[] {
  const { qemu } = here;
  const { binary } = vm.manifest.qemu;
  if ('problem' in qemu) {
    const mend = `install ${binary} here (Debian: qemu-system-x86), or name another in qemu.binary`;
    return [finding('error', 'qemu-missing', `${binary} does not run`, qemu.problem, mend)];
  }
  return [
    ...checkVersion(vm.qemuVersion, qemu.version),
    ...checkMachine(vm, qemu),
    ...checkAccel(vm, here, qemu),
    ...checkModel(vm, qemu),
    ...checkFlags(vm, here),
  ];
}

function checkVersion(source: QemuVersion | undefined, here: QemuVersion): Finding[] {
  if (source === undefined) return [];
  const [theirs, ours] = [source, here].map(({ major, minor, micro }) => `${major}.${minor}.${micro}`);
  const order = here.major - source.major || here.minor - source.minor;
  if (order < 0) {
    const why = 'device state of a newer QEMU can hold what an older one does not know';
    const mend = `install QEMU ${source.major}.${source.minor} or newer here`;
    return [finding('error', 'qemu-older', `QEMU is ${ours} here and ${theirs} at the source`, why, mend)];
  }
  if (order > 0) {
    const why =
      'a newer QEMU takes the state of an older one for the same machine type, but the way back may be closed';
    const mend = 'nothing, unless the guest is to come back';
    return [finding('note', 'qemu-newer', `QEMU is ${ours} here and ${theirs} at the source`, why, mend)];
  }
  if (here.micro === source.micro && here.package === source.package) return [];
  const why = 'releases with corrections alone take each other’s state; what a distribution changed may matter';
  const what = `QEMU is ${ours} (${here.package || 'no package'}) here and ${theirs} (${source.package || 'no package'}) at the source`;
  return [finding('note', 'qemu-build', what, why, 'nothing, or install the same package at both hosts')];
}

function checkMachine({ manifest: { machine } }: VmDescription, { machines }: QemuAbilities): Finding[] {
  if (machines.includes(machine)) return [];
  const why = 'device state fits the machine type that it was made by, and no other';
  const mend = `install a QEMU that lists ${machine} (-machine help)`;
  return [finding('error', 'machine-unknown', `QEMU has no machine ${machine} here`, why, mend)];
}

function checkAccel({ manifest }: VmDescription, here: HostDescription, { accels }: QemuAbilities): Finding[] {
  const { accel } = manifest;
  if (!accels.includes(accel)) {
    const why = 'the guest is started with the same accelerator as at the source';
    return [
      finding('error', 'accel-missing', `QEMU has no ${accel} here`, why, `install a QEMU with ${accel} (-accel help)`),
    ];
  }
  if (accel !== 'kvm' || here.kvmUsable) return [];
  const mend = 'load kvm_intel or kvm_amd, and let the agent open /dev/kvm (group kvm)';
  return [finding('error', 'kvm-unusable', '/dev/kvm cannot be opened here', 'the guest runs under kvm', mend)];
}

function checkModel({ manifest: { cpu } }: VmDescription, { cpuModels }: QemuAbilities): Finding[] {
  const model = cpu.model.split(',')[0] ?? '';
  if (cpuModels.includes(model)) return [];
  const why = 'the guest has to find the same processor';
  const mend = 'install a QEMU that lists it (-cpu help)';
  return [finding('error', 'cpu-model-unknown', `QEMU has no processor ${model} here`, why, mend)];
}

/** Emulated processors are the same everywhere. */
function checkFlags({ manifest, cpuFlags = [] }: VmDescription, here: HostDescription): Finding[] {
  if (manifest.accel !== 'kvm') return [];
  const missing = cpuFlags.filter((flag) => !here.cpuFlags.includes(flag));
  if (missing.length === 0) return [];
  const isSeen = /^(?:host|max)\b/.test(manifest.cpu.model);
  const more = missing.length > SHOWN_FLAGS ? ` and ${missing.length - SHOWN_FLAGS} more` : '';
  const what = `the processor has no ${missing.slice(0, SHOWN_FLAGS).join(' ')}${more} here`;
  const why = isSeen
    ? `with ${manifest.cpu.model} the guest uses what the source's processor has`
    : `the source's processor has them, and ${manifest.cpu.model} may be among what needs them`;
  const mend = 'start the guest with a processor model that both hosts have, or move it to a host like the source';
  return [finding(isSeen ? 'error' : 'warning', 'cpu-flags-missing', what, why, mend)];
}
