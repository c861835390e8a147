import { GodwitError } from '@godwit/errors';
import { Type } from '@godwit/schema';
import type { QmpClient } from '../qmp/qmpClient.js';
import type { QemuVersion } from '../qmp/qmpMessage.js';

/** A guest as its QEMU tells of it. */
export interface InspectedVm {
  readonly name: string | undefined;
  readonly uuid: string;
  readonly qemuVersion: QemuVersion;
  /** With its version, whatever alias it was started by. */
  readonly machineType: string;
  readonly cpu: { readonly model: string; readonly count: number };
  readonly accel: 'tcg' | 'kvm';
  readonly memory: { readonly bytes: number; readonly backend: string; readonly share: true; readonly path: string };
  readonly disks: readonly InspectedDisk[];
  readonly nics: readonly InspectedNic[];
  /** QEMU's name for what the guest does: running, paused, ... */
  readonly runState: string;
}

export interface InspectedDisk {
  /** Of the device, in QEMU's tree. */
  readonly device: string;
  readonly node: string | undefined;
  /** What QEMU opened: a path, or an nbd address. */
  readonly file: string;
  readonly driver: string;
  readonly bytes: number;
  readonly readOnly: boolean;
}

export interface InspectedNic {
  readonly name: string;
  readonly model: string;
  readonly mac: string;
}

const StatusSchema = Type.Object({ status: Type.String() });
const UuidSchema = Type.Object({ UUID: Type.String() });
const NameSchema = Type.Object({ name: Type.Optional(Type.String()) });
const KvmSchema = Type.Object({ enabled: Type.Boolean() });
const CpusSchema = Type.Array(Type.Object({ 'qom-path': Type.String() }), { minItems: 1 });
const MemorySchema = Type.Array(
  Type.Object({ id: Type.Optional(Type.String()), size: Type.Integer(), share: Type.Boolean() }),
);
const BlocksSchema = Type.Array(
  Type.Object({
    device: Type.String(),
    qdev: Type.Optional(Type.String()),
    inserted: Type.Optional(
      Type.Object({
        'node-name': Type.Optional(Type.String()),
        drv: Type.String(),
        file: Type.String(),
        ro: Type.Boolean(),
        image: Type.Object({ 'virtual-size': Type.Integer() }),
      }),
    ),
  }),
);
/** `virtio-net0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56`: QMP itself tells of virtio's alone. */
const NIC_LINE = /^(\S+): index=\d+,type=nic,model=([^,]+),macaddr=([0-9a-f:]{17})/gm;
/** How QEMU calls types of machines and processors in its tree. */
const TYPE_END = /-(?:machine|[a-z0-9_]+-cpu)$/;

/**
 * What a running QEMU has, asked of itself.
 *
 * @throws GodwitError E_VM_MEMORY_PRIVATE when its memory cannot be seen from outside, so that it cannot be moved; E_QMP
 */
export async function inspectVm(qmp: QmpClient): Promise<InspectedVm> {
  const cpus = await qmp.query('query-cpus-fast', CpusSchema);
  const memory = await inspectMemory(qmp);
  return {
    name: (await qmp.query('query-name', NameSchema)).name,
    uuid: (await qmp.query('query-uuid', UuidSchema)).UUID,
    qemuVersion: qmp.version,
    machineType: await typeOf(qmp, '/machine'),
    cpu: { model: await typeOf(qmp, cpus[0]?.['qom-path'] ?? ''), count: cpus.length },
    accel: (await qmp.query('query-kvm', KvmSchema)).enabled ? 'kvm' : 'tcg',
    memory,
    disks: await inspectDisks(qmp),
    nics: await inspectNics(qmp),
    runState: (await qmp.query('query-status', StatusSchema)).status,
  };
}

async function inspectMemory(qmp: QmpClient): Promise<InspectedVm['memory']> {
  const object = await property(qmp, '/machine', 'memory-backend');
  const id = object.slice(object.lastIndexOf('/') + 1);
  const found = (await qmp.query('query-memdev', MemorySchema)).find((one) => one.id === id);
  const backend = object === '' ? 'none' : await property(qmp, object, 'type');
  if (found === undefined || backend !== 'memory-backend-file') {
    throw new GodwitError('E_VM_MEMORY_PRIVATE', { problem: `it is in no file (its backend is ${backend})` });
  }
  if (!found.share) throw new GodwitError('E_VM_MEMORY_PRIVATE', { problem: 'its file was mapped without share=on' });
  return { bytes: found.size, backend, share: true, path: await property(qmp, object, 'mem-path') };
}

async function inspectDisks(qmp: QmpClient): Promise<InspectedDisk[]> {
  const blocks = await qmp.query('query-block', BlocksSchema);
  return blocks.flatMap(({ device, qdev, inserted }) =>
    inserted === undefined
      ? []
      : [
          {
            device: qdev ?? device,
            node: inserted['node-name'],
            file: inserted.file,
            driver: inserted.drv,
            bytes: inserted.image['virtual-size'],
            readOnly: inserted.ro,
          },
        ],
  );
}

async function inspectNics(qmp: QmpClient): Promise<InspectedNic[]> {
  const text = await qmp.query('human-monitor-command', Type.String(), { 'command-line': 'info network' });
  return [...text.matchAll(NIC_LINE)].map(([, name = '', model = '', mac = '']) => ({ name, model, mac }));
}

async function typeOf(qmp: QmpClient, path: string): Promise<string> {
  return (await property(qmp, path, 'type')).replace(TYPE_END, '');
}

function property(qmp: QmpClient, path: string, name: string): Promise<string> {
  return qmp.query('qom-get', Type.String(), { path, property: name });
}
