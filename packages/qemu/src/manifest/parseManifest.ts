import { problemOf } from '@godwit/errors';
import { Value } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';
import { formProblems } from './formProblems.js';
import { ManifestSchema, NetdevSchemas, type WrittenManifest } from './manifestSchema.js';
import { formatMemorySize, parseMemorySize } from './memorySize.js';
import { manifestError } from './problem.js';
import { memoryProblems, semanticProblems } from './semanticProblems.js';
import type { VmManifest, VmNetdev } from './vmManifest.js';

const DEFAULT_BINARY = 'qemu-system-x86_64';

/**
 * The text of a `vm.json`.
 *
 * @throws GodwitError E_MANIFEST: the first thing that is wrong; all of them, a line each, are its detail
 */
export function parseManifest(text: string): VmManifest {
  if (text.length > QEMU_BOUNDS.manifestBytes) {
    const expected = `at most ${QEMU_BOUNDS.manifestBytes}`;
    throw manifestError([{ path: '', problem: `it has ${text.length} characters`, expected }]);
  }
  return checkManifest(parseJson(text));
}

/** As parseManifest, for what has been read from JSON already. */
export function checkManifest(value: unknown): VmManifest {
  refuse(formProblems(value));
  // formProblems found nothing, so this only tells the compiler.
  if (!Value.Check(ManifestSchema, value)) throw new Error('a manifest without problems has another form');
  refuse(memoryProblems(value));
  const manifest = withDefaults(value);
  refuse(semanticProblems(manifest));
  return manifest;
}

/** The text that parseManifest reads as the same manifest. */
export function formatManifest(manifest: VmManifest): string {
  const { bytes, ...memory } = manifest.memory;
  const written = { ...manifest, memory: { bytes: formatMemorySize(bytes), ...memory } };
  return `${JSON.stringify(written, null, 2)}\n`;
}

function refuse(problems: ReturnType<typeof formProblems>): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw manifestError([first, ...rest]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw manifestError([{ path: '', problem: problemOf(error), expected: 'one JSON object' }]);
  }
}

function withDefaults(written: WrittenManifest): VmManifest {
  const { qemu = {}, disks = [], nics = [], memory } = written;
  return {
    ...written,
    uuid: written.uuid.toLowerCase(),
    qemu: { binary: qemu.binary ?? DEFAULT_BINARY, args: qemu.args ?? [] },
    memory: { ...memory, bytes: parseMemorySize(memory.bytes) ?? 0 },
    disks,
    nics: nics.map(({ name, mac, netdev }) => ({ name, mac: mac.toLowerCase(), netdev: netdevOf(netdev) })),
  };
}

function netdevOf(netdev: object): VmNetdev {
  for (const schema of [NetdevSchemas.user, NetdevSchemas.bridge, NetdevSchemas.tap]) {
    if (Value.Check(schema, netdev)) return netdev;
  }
  throw new Error('a netdev without problems has another form');
}
