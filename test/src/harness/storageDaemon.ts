import { ForeignDaemon } from './foreignDaemon.js';
import { Qmp } from './qmp.js';
import type { Stage } from './stage.js';

/** A node of QEMU's block layer, as `--blockdev` takes it. */
export interface BlockNode {
  readonly [option: string]: string | number | boolean | BlockNode;
}

interface NamedNode extends BlockNode {
  readonly 'node-name': string;
}

let started = 0;

/** QEMU's block layer without a machine: nodes, one of them exported, and its control connection. */
export class StorageDaemon {
  readonly process: ForeignDaemon;
  readonly qmp: Qmp;
  /** Of the exported node. */
  readonly uri: string;

  private constructor(process: ForeignDaemon, qmp: Qmp, uri: string) {
    this.process = process;
    this.qmp = qmp;
    this.uri = uri;
  }

  /** Exports the first node, writable, for up to 16 connections. */
  static async start(stage: Stage, nodes: readonly [NamedNode, ...NamedNode[]]): Promise<StorageDaemon> {
    const number = ++started;
    const [control, socket] = [stage.path(`qmp-${number}.sock`), stage.path(`qsd-${number}.sock`)];
    const process = new ForeignDaemon(stage, 'qemu-storage-daemon', [
      ...nodes.flatMap((node) => ['--blockdev', JSON.stringify(node)]),
      ...['--chardev', `socket,path=${control},server=on,wait=off,id=control`, '--monitor', 'chardev=control'],
      ...['--nbd-server', `addr.type=unix,addr.path=${socket},max-connections=16`],
      ...['--export', `type=nbd,id=export,node-name=${nodes[0]['node-name']},name=disk,writable=on`],
    ]);
    // The options take effect in their order: once the export's socket answers, the monitor does too.
    await process.answering({ path: socket });
    await process.answering({ path: control });
    return new StorageDaemon(process, await Qmp.connect(stage, control), `nbd+unix:///disk?socket=${socket}`);
  }
}

/** Where an NBD server listens: a port of the loopback or a unix socket. */
type Place = { readonly port: number } | { readonly path: string };

/** An NBD export as a node of QEMU. */
export function nbdNode(node: string, name: string, place: Place, more: BlockNode = {}): NamedNode {
  return { ...more, driver: 'nbd', 'node-name': node, export: name, server: serverAt(place) };
}

function serverAt(place: Place): BlockNode {
  if ('path' in place) return { type: 'unix', path: place.path };
  return { type: 'inet', host: '127.0.0.1', port: String(place.port) };
}
