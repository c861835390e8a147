import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** What a result is worth nothing without. */
export interface Machine {
  readonly [name: string]: string;
}

export function describeMachine(startedAt: Date): Machine {
  const [processor] = cpus();
  return {
    when: startedAt.toISOString(),
    commit: said('git', 'describe', '--always', '--dirty'),
    node: process.version,
    kernel: release(),
    processors: `${cpus().length} x ${processor?.model ?? 'unknown'}`,
    memory: `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    nbdcopy: said('nbdcopy', '--version'),
    nbdkit: said('nbdkit', '--version'),
    qemu: said('qemu-img', '--version'),
    rsync: said('rsync', '--version'),
    fio: said('fio', '--version'),
  };
}

function said(program: string, ...args: readonly string[]): string {
  const { stdout, error } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  return error === undefined ? (stdout.split('\n')[0] ?? '').trim() : 'not installed';
}
