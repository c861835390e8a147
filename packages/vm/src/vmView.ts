import { type Static, Type } from '@godwit/schema';
import type { Machine } from './machine.js';
import { MEMORY_ENDED } from './movable.js';
import { movingImages } from './names.js';

export const VmViewSchema = Type.Object(
  {
    name: Type.String(),
    uuid: Type.String(),
    phase: Type.String({ description: 'running, stopped, arriving, or left' }),
    images: Type.Array(Type.String(), { description: 'what moves with it' }),
    pid: Type.Optional(Type.Number({ description: 'of its QEMU' })),
    runState: Type.Optional(Type.String({ description: 'as QEMU has it' })),
    problem: Type.Optional(Type.String({ description: 'what is wrong with it, and what to do' })),
    commandLine: Type.Optional(Type.String({ description: 'of its QEMU, as it would be typed' })),
    location: Type.Optional(Type.String({ description: 'where its images are now' })),
    console: Type.Optional(Type.String({ description: 'file that its serial port writes to' })),
  },
  { title: 'VirtualMachine' },
);
/** A virtual machine as the API shows it. */
export type VmView = Static<typeof VmViewSchema>;

export async function viewOf({ record, guest }: Machine): Promise<VmView> {
  const { manifest, phase, location } = record;
  const isRunning = phase === 'running' || (phase === 'arriving' && record.arrivesRunning === true);
  const runState = await guest?.runState().catch(() => 'does not answer');
  return {
    name: manifest.name,
    uuid: manifest.uuid,
    phase,
    images: movingImages(manifest, isRunning),
    ...(guest === undefined ? {} : { pid: guest.pid, commandLine: guest.commandLine }),
    ...(runState === undefined ? {} : { runState }),
    ...(guest?.isThere === true && !guest.hasMemory ? { problem: MEMORY_ENDED } : {}),
    ...(location === undefined ? {} : { location }),
    ...(manifest.console === undefined ? {} : { console: manifest.console.path }),
  };
}
