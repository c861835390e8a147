import { QEMU_BOUNDS } from '../bounds.js';
import { EXPECTED, type WrittenManifest } from './manifestSchema.js';
import { formatMemorySize, parseMemorySize } from './memorySize.js';
import { insteadOf } from './ownArguments.js';
import { type ManifestProblem, shown } from './problem.js';
import type { VmManifest } from './vmManifest.js';

/** pc-q35-7.2, pc-q35-rhel9.2.0, virt-8.0: what has no version is an alias. */
const VERSIONED = /^(?:pc-q35|pc-i440fx|virt)-[a-z]*\d[\w.]*$/;
const ALIASES = ['q35', 'pc', 'virt'];

/** What is wrong with the memory's size as it is written. */
export function memoryProblems({ memory }: WrittenManifest): ManifestProblem[] {
  const path = 'memory.bytes';
  const bytes = parseMemorySize(memory.bytes);
  if (bytes === undefined) {
    return [{ path, problem: `it is ${shown(memory.bytes)}`, expected: EXPECTED['bytes'] ?? '' }];
  }
  const { smallestMemoryBytes: least, largestMemoryBytes: most, memoryStepBytes: step } = QEMU_BOUNDS;
  if (bytes >= least && bytes <= most && bytes % step === 0) return [];
  const [from, to, by] = [least, most, step].map(formatMemorySize);
  return [{ path, problem: `it is ${shown(memory.bytes)}`, expected: `${from} to ${to}, in steps of ${by}` }];
}

/** What is wrong with a manifest whose form is right. */
export function semanticProblems(manifest: VmManifest): ManifestProblem[] {
  return [
    ...machineProblems(manifest),
    ...argumentProblems(manifest),
    ...cpuProblems(manifest),
    ...pathProblems(manifest),
    ...macProblems(manifest),
    ...twice(manifest.disks.map(({ name }, index) => [`disks[${index}].name`, name])),
    ...twice(manifest.nics.map(({ name }, index) => [`nics[${index}].name`, name])),
    ...twice(manifest.nics.map(({ mac }, index) => [`nics[${index}].mac`, mac])),
    ...twice(forwards(manifest)),
  ];
}

function machineProblems({ machine }: VmManifest): ManifestProblem[] {
  if (VERSIONED.test(machine)) return [];
  const problem = ALIASES.includes(machine)
    ? `"${machine}" means another machine with each version of QEMU`
    : `"${machine}" is none that Godwit knows how to move`;
  return [{ path: 'machine', problem, expected: `${EXPECTED['machine']} (QEMU lists them: -machine help)` }];
}

function argumentProblems({ qemu: { args } }: VmManifest): ManifestProblem[] {
  return args.flatMap((argument, index) => {
    const instead = insteadOf(argument, args[index + 1]);
    const problem = `${argument} is not for a manifest to give`;
    return instead === undefined ? [] : [{ path: `qemu.args[${index}]`, problem, expected: instead }];
  });
}

function cpuProblems({ cpu, accel }: VmManifest): ManifestProblem[] {
  if (accel !== 'tcg' || !/^host\b/.test(cpu.model)) return [];
  const problem = 'host is the processor of the host, and tcg emulates one';
  return [{ path: 'cpu.model', problem, expected: 'a model such as qemu64, or accel kvm' }];
}

function pathProblems({ disks, memory, kernel, console }: VmManifest): ManifestProblem[] {
  const paths: [string, string | undefined][] = [
    ['memory.path', memory.path],
    ...disks.map(({ path }, index): [string, string] => [`disks[${index}].path`, path]),
    ['kernel.path', kernel?.path],
    ['kernel.initrd', kernel?.initrd],
    ['console.path', console?.path],
  ];
  const wrong = paths.filter(([, value]) => value !== undefined && !/^\/[^\0]*[^/\0]$/.test(value));
  return wrong.map(([path, value]) => ({
    path,
    problem: `it is ${shown(value)}`,
    expected: 'an absolute path of a file',
  }));
}

/** The lowest bit of the first byte is that of groups. */
function macProblems({ nics }: VmManifest): ManifestProblem[] {
  return nics.flatMap(({ mac }, index) => {
    const first = Number.parseInt(mac.slice(0, 2), 16);
    if (first % 2 === 0 && mac !== '00:00:00:00:00:00') return [];
    const problem = `${mac} is no address of one card`;
    return [{ path: `nics[${index}].mac`, problem, expected: EXPECTED['mac'] ?? '' }];
  });
}

function forwards({ nics }: VmManifest): [string, string][] {
  return nics.flatMap(({ netdev }, nic) => {
    if (netdev.type !== 'user') return [];
    return (netdev.forwards ?? []).map(({ protocol, host = '0.0.0.0', hostPort }, index): [string, string] => [
      `nics[${nic}].netdev.forwards[${index}].hostPort`,
      `${protocol} ${host}:${hostPort}`,
    ]);
  });
}

function twice(values: readonly (readonly [string, string])[]): ManifestProblem[] {
  return values.flatMap(([path, value], index) => {
    const before = values.slice(0, index).find(([, other]) => other === value);
    if (before === undefined) return [];
    return [{ path, problem: `${value} is at ${before[0]} already`, expected: 'another one' }];
  });
}
