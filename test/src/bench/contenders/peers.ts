/** The copiers that people use today, as they would be started between two hosts. */
import { truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { hasTool } from '../../harness/tools.js';
import type { Contender } from '../measured.js';
import type { CopyPlan } from './copyPlan.js';
import { type Peer, runPeer } from './peerRun.js';

function makeTarget(path: string, sizeBytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
}

function contender(name: string, tools: readonly string[], plan: CopyPlan, peer: Peer): Contender {
  const missing = tools.filter((tool) => !hasTool(tool));
  return {
    name,
    ...(missing.length === 0 ? {} : { lacks: `${missing.join(' and ')} not installed` }),
    run: () => runPeer(peer, plan),
    ...(plan.wire === undefined ? { countWire: () => countedWire(peer, plan) } : {}),
  };
}

/** A wire without delay or rate does nothing but count. */
async function countedWire(peer: Peer, plan: CopyPlan): Promise<number> {
  return (await runPeer(peer, { ...plan, wire: { delayMs: 0 } })).wireBytes ?? Number.NaN;
}

export const NBDCOPY = 'nbdcopy → nbdkit';

export function nbdcopy(plan: CopyPlan): Contender {
  const zero = plan.isTargetZero === true ? ['--destination-is-zero'] : [];
  return contender(NBDCOPY, ['nbdcopy', 'nbdkit'], plan, {
    server: (target, port) => {
      makeTarget(target, plan.sizeBytes);
      return ['nbdkit', '-f', '-i', '127.0.0.1', '-p', String(port), 'file', target];
    },
    client: (source, _target, port) => ['nbdcopy', '--flush', ...zero, source, `nbd://127.0.0.1:${port}`],
  });
}

export function qemuConvert(plan: CopyPlan): Contender {
  const zero = plan.isTargetZero === true ? ['--target-is-zero'] : [];
  return contender('qemu-img → qemu-nbd', ['qemu-img', 'qemu-nbd'], plan, {
    server: (target, port) => {
      makeTarget(target, plan.sizeBytes);
      const place = ['-b', '127.0.0.1', '-p', String(port)];
      return ['qemu-nbd', '-f', 'raw', '-t', '-e', '8', '--cache=writeback', '--discard=unmap', ...place, target];
    },
    client: (source, _target, port) => {
      const how = ['-n', ...zero, '-W', '-m', '16', '-f', 'raw', '-O', 'raw'];
      return ['qemu-img', 'convert', ...how, source, `nbd://127.0.0.1:${port}`];
    },
  });
}

export function rsync(plan: CopyPlan): Contender {
  return contender('rsync -W', ['rsync'], plan, {
    server: (target, port, stage) => {
      const configuration = stage.path('rsyncd.conf');
      // Who is root here would write as nobody there.
      const owner = process.getuid?.() === 0 ? 'uid = root\ngid = root\n' : '';
      writeFileSync(configuration, `use chroot = no\n${owner}[images]\npath = ${dirname(target)}\nread only = no\n`);
      const place = ['--address=127.0.0.1', `--port=${port}`];
      return ['rsync', '--daemon', '--no-detach', `--config=${configuration}`, ...place];
    },
    client: (source, target, port) => {
      const to = `rsync://127.0.0.1:${port}/images/${basename(target)}`;
      return ['rsync', '-W', '--inplace', '--sparse', source, to];
    },
  });
}
