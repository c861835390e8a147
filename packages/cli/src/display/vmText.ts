import type { MigrationView } from '@godwit/agent';
import type { VmPhase, VmView } from '../client/vmViews.js';
import type { SourceOptions } from '../commands/vm/host.js';
import { formatDuration } from './quantities.js';
import { LABEL_COLUMNS } from './summary.js';
import { type Column, renderTable } from './table.js';
import { oneLine, wrap } from './text.js';

const PHASES: Readonly<Record<VmPhase, string>> = {
  running: 'it runs here',
  stopped: 'it is off; its disks are here',
  arriving: 'it is on its way here; until it has arrived its source owns it',
  left: 'it was moved away; what is here is an old copy of its disks',
};

const COLUMNS: readonly Column<VmView>[] = [
  { head: 'NAME', align: 'left', dropOrder: 0, cell: (vm) => oneLine(vm.name) },
  { head: 'PHASE', align: 'left', dropOrder: 0, cell: (vm) => vm.phase },
  {
    head: 'QEMU',
    align: 'left',
    dropOrder: 2,
    cell: (vm) => (vm.problem === undefined ? oneLine(vm.runState ?? '') : 'problem'),
  },
  { head: 'PID', align: 'right', dropOrder: 3, cell: (vm) => String(vm.pid ?? '') },
  { head: 'IMAGES', align: 'left', dropOrder: 4, cell: (vm) => oneLine(vm.images.join(',')) },
  { head: 'WHERE', align: 'left', dropOrder: 1, cell: (vm) => (vm.phase === 'left' ? hostOf(vm) : 'here') },
];

/** `godwit vm status`: the machines that an agent knows. */
export function renderVms(vms: readonly VmView[], width: number): string[] {
  return vms.length === 0 ? ['no virtual machines'] : renderTable(COLUMNS, vms, width);
}

/** `godwit vm status NAME`; `options` is what commands need to speak to the same agent. */
export function renderVm(vm: VmView, width: number, options: SourceOptions): string[] {
  const lines = [
    ...identityLines(vm),
    `phase     ${vm.phase}: ${PHASES[vm.phase]}`,
    ...(vm.phase === 'left' ? [`where     ${hostOf(vm)}`] : []),
    ...(vm.problem === undefined ? [] : [`problem   ${oneLine(vm.problem)}`]),
    `to do     ${adviceOn(vm, options)}`,
    ...processLines(vm),
  ];
  return lines.flatMap((line) => wrap(line, width, LABEL_COLUMNS));
}

/** `godwit vm run` and `godwit vm start`: what was started. */
export function renderStarted(vm: VmView, width: number): string[] {
  return [...identityLines(vm), ...processLines(vm)].flatMap((line) => wrap(line, width, LABEL_COLUMNS));
}

/** The end of a move, in terms of the machine: where it is, and how long it stood still. */
export function moveInWords(view: MigrationView, name: string, destination: string): string[] {
  const isOff = view.mode === 'cold';
  if (view.state === 'outcome-unknown' || view.state === 'switchover') {
    return [`machine   where ${name} goes on is not known yet; here it stands still until it is`];
  }
  if (view.state !== 'completed') return [`machine   ${name} ${isOff ? 'is here, and off' : 'runs on here'}`];
  if (isOff) return [`machine   ${name} is at ${destination} now, and off`];
  return [`machine   ${name} runs at ${destination} now`, ...pauseLines(view)];
}

/** The guest stands still from the freeze on, so that what comes before the gate closes counts, too. */
function pauseLines({ downtime }: MigrationView): string[] {
  if (downtime === undefined) return [];
  const { totalMs, onFreezeMs = 0 } = downtime;
  const parts = `${formatDuration(onFreezeMs)} to freeze it + ${formatDuration(totalMs)} of downtime`;
  return [`pause     it stood still for ${formatDuration(onFreezeMs + totalMs)} = ${parts}`];
}

function identityLines({ name, uuid }: VmView): string[] {
  return [`machine   ${oneLine(name)} (${oneLine(uuid)})`];
}

function processLines({ pid, runState, images, console, commandLine }: VmView): string[] {
  const state = oneLine(runState ?? 'not known');
  return [
    ...(pid === undefined ? [] : [`qemu      process ${pid}; its run state is ${state}`]),
    `images    ${images.length === 0 ? 'none: nothing of it would have to move' : oneLine(images.join(', '))}`,
    ...(console === undefined ? [] : [`console   ${oneLine(console)}`]),
    ...(commandLine === undefined ? [] : [`command   ${oneLine(commandLine)}`]),
  ];
}

function adviceOn(vm: VmView, options: SourceOptions): string {
  const { name, phase, runState = 'running' } = vm;
  switch (phase) {
    case 'running':
      if (vm.problem !== undefined) {
        return `power it off from inside, then \`godwit vm start ${name}${options.vm}\`; \`godwit vm stop ${name} --force${options.vm}\` ends it as a power cut would`;
      }
      return runState === 'running'
        ? `nothing; \`godwit vm migrate ${name} --to HOST:7400${options.vm}\` moves it, \`godwit vm stop ${name}${options.vm}\` powers it off`
        : `its guest stands still: a migration is about to hand it over (\`godwit status${options.other}\`), or its QEMU needs a look`;
    case 'stopped':
      return `\`godwit vm start ${name}${options.vm}\` starts it again, \`godwit vm forget ${name}${options.vm}\` lets go of its disks`;
    case 'arriving':
      return `nothing: \`godwit status${options.other}\` shows the migration that brings it`;
    case 'left':
      return `look ${isLoopback(vm) ? 'on the host that took it' : 'there'}: \`godwit vm status ${name} --source ${hostOf(vm)}\`; \`godwit vm forget ${name}${options.vm}\` forgets it here`;
  }
}

/** The agent that has it now answers on its own host alone. */
function isLoopback({ location = '' }: VmView): boolean {
  return URL.canParse(location) && /^(?:127\.[\d.]+|localhost|\[::1\])$/.test(new URL(location).hostname);
}

/** The agent that has it now. */
function hostOf({ location }: VmView): string {
  if (location === undefined || location === '') return 'not known';
  return URL.canParse(location) ? new URL(location).origin : oneLine(location);
}
