import {
  COMMAND_PORT,
  ECHO_PORT,
  EchoClient,
  type Guest,
  GuestConsole,
  type GuestWork,
  kernelCommandLine,
  missingForGuest,
} from '@godwit/guest';
import { ForeignDaemon } from '../../harness/foreignDaemon.js';
import { freePort } from '../../harness/ports.js';
import { Qmp } from '../../harness/qmp.js';
import type { Stage } from '../../harness/stage.js';
import type { BlockNode } from '../../harness/storageDaemon.js';
import { requireThat, type Skippable } from '../../harness/tools.js';

export interface MachinePlan {
  readonly guest: Guest;
  readonly work?: GuestWork;
  /** Holds the guest's memory: made by QEMU in that size where it does not exist. */
  readonly memoryFile: string;
  /** 256 unless told; the oracle's memory begins at 128 MiB and must end well below. */
  readonly memoryMiB?: number;
  /** Raw files or nodes of QEMU's block layer: /dev/vda, /dev/vdb. */
  readonly disks?: readonly (string | BlockNode)[];
  /** Appended to, so that source and destination may write one after the other. */
  readonly consoleLog: string;
  /** Unix socket of its control connection. */
  readonly control: string;
  /** Ports of the host's loopback that lead to the guest's echo and command servers. */
  readonly echoPort: number;
  readonly commandPort: number;
  /** Beside all others, e.g. `-incoming defer`. */
  readonly args?: readonly string[];
  /** Beside the variables of the person who tests. */
  readonly env?: Readonly<Record<string, string>>;
}

const MEMORY_MIB = 256;
/** A moved machine keeps it: it is the one by which the network knows it. */
const MAC = '52:54:00:67:6f:64';

/** Arguments of qemu-system-x86_64; a destination's are its source's but for paths and ports. */
export function machineArguments(plan: MachinePlan): string[] {
  const { guest, memoryFile, memoryMiB = MEMORY_MIB, disks = [], consoleLog, control, echoPort, commandPort } = plan;
  const forwards = `hostfwd=tcp:127.0.0.1:${echoPort}-:${ECHO_PORT},hostfwd=tcp:127.0.0.1:${commandPort}-:${COMMAND_PORT}`;
  return [
    ...['-accel', 'tcg', '-nodefaults', '-display', 'none', '-no-reboot', '-m', String(memoryMiB)],
    ...['-machine', 'q35,memory-backend=ram0'],
    ...['-object', `memory-backend-file,id=ram0,size=${memoryMiB}M,mem-path=${memoryFile},share=on`],
    ...['-kernel', guest.kernel, '-initrd', guest.initrd, '-append', kernelCommandLine(plan.work)],
    ...['-chardev', `file,id=console,path=${consoleLog},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${control},server=on,wait=off`],
    ...['-netdev', `user,id=net0,${forwards}`, '-device', `virtio-net-pci,netdev=net0,mac=${MAC},romfile=`],
    ...disks.flatMap((disk, index) => diskArguments(disk, `disk${index}`)),
    ...(plan.args ?? []),
  ];
}

function diskArguments(disk: string | BlockNode, name: string): string[] {
  const node: BlockNode = typeof disk === 'string' ? { driver: 'raw', file: { driver: 'file', filename: disk } } : disk;
  return [
    ...['-blockdev', JSON.stringify({ ...node, 'node-name': name })],
    ...['-device', `virtio-blk-pci,drive=${name}`],
  ];
}

/** Skips the test, or fails it in CI, where a guest cannot be built and run. */
export function requireGuest(context: Skippable): void {
  requireThat(context, process.arch === 'x64', 'the guest runs where x86-64 programs are compiled');
  const missing = missingForGuest();
  requireThat(context, missing.length === 0, `no guest without the packages ${missing.join(', ')}`);
}

/** Follows the file until the stage ends, and shows the kernel's last words when the test fails. */
export function followConsole(stage: Stage, path: string): GuestConsole {
  const console = GuestConsole.follow(path);
  stage.atEnd(async () => console.close());
  stage.keepOutput(() => console.summary());
  return console;
}

/** Until the stage ends. */
export async function connectEcho(stage: Stage, port: number): Promise<EchoClient> {
  const client = await EchoClient.connect(port);
  stage.atEnd(async () => void client.stop());
  return client;
}

/** A running machine, its console and its control connection; all of it ends with the stage. */
export class GuestMachine {
  readonly plan: MachinePlan;
  readonly process: ForeignDaemon;
  readonly qmp: Qmp;
  readonly console: GuestConsole;

  private constructor(plan: MachinePlan, process: ForeignDaemon, qmp: Qmp, console: GuestConsole) {
    this.plan = plan;
    this.process = process;
    this.qmp = qmp;
    this.console = console;
  }

  /** Started, not booted: `console.until` waits for the rest. */
  static async start(stage: Stage, plan: MachinePlan): Promise<GuestMachine> {
    const console = followConsole(stage, plan.consoleLog);
    const process = new ForeignDaemon(stage, 'qemu-system-x86_64', machineArguments(plan), plan.env);
    await process.answering({ path: plan.control });
    return new GuestMachine(plan, process, await Qmp.connect(stage, plan.control), console);
  }
}

let planned = 0;

/** A plan with places in the stage's folder and ports of its own; give what differs. */
export async function machinePlan(
  stage: Stage,
  given: Pick<MachinePlan, 'guest'> & Partial<MachinePlan>,
): Promise<MachinePlan> {
  const number = ++planned;
  return {
    memoryFile: stage.path(`ram-${number}`),
    consoleLog: stage.path(`console-${number}.log`),
    control: stage.path(`machine-${number}.sock`),
    echoPort: await freePort(),
    commandPort: await freePort(),
    ...given,
  };
}
