import { Type } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';
import type { QmpClient } from '../qmp/qmpClient.js';

/** A line of the monitor's `info mtree -f`, such as `  0000000000100000-0000000003ffffff (prio 0, ram): ram0 @0000000000100000`. */
const RANGE = /^ {2}([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, ram\): ram0\b/;

interface AddressRange {
  readonly from: number;
  readonly bytes: number;
}

/**
 * See QemuMonitor.warm, its caller. By QEMU, whose mapping of the file is there: whoever else reads it would have the kernel throw away
 * what it holds (see RamFile). Only where the guest's addresses lead to memory, as reading a device's register may do something.
 */
export async function warmMemory(qmp: QmpClient): Promise<void> {
  const map = await qmp.query('human-monitor-command', Type.String(), { 'command-line': 'info mtree -f' });
  for (const { from, bytes } of memoryRanges(map)) {
    for (let done = 0; done < bytes; done += QEMU_BOUNDS.warmBytes) {
      const size = Math.min(bytes - done, QEMU_BOUNDS.warmBytes);
      const timeoutMs = QEMU_BOUNDS.stopMs;
      await qmp.execute('pmemsave', { val: from + done, size, filename: '/dev/null' }, { timeoutMs });
    }
  }
}

/** Where the processors see the guest's memory; it is listed once for each kind of view, and the first has it all. */
export function memoryRanges(map: string): AddressRange[] {
  const [first = ''] = map
    .split('FlatView #')
    .filter((view) => view.includes('"cpu-memory') || view.includes('"memory"'))
    .slice(0, 1);
  return first.split(/\r?\n/).flatMap((line) => {
    const [, start, end] = RANGE.exec(line) ?? [];
    if (start === undefined || end === undefined) return [];
    const from = Number.parseInt(start, 16);
    return [{ from, bytes: Number.parseInt(end, 16) - from + 1 }];
  });
}
