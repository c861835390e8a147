import { runWell } from '../harness/foreignCommand.js';

/**
 * Runs these commands of qemu-io on a raw export, and fails when one of them did. qemu-io exits with 0
 * after a failed asynchronous verification, and warns for other failures, so its words count: every
 * command that moves data says how much it moved.
 */
export async function qemuIo(
  uri: string,
  commands: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const args = commands.flatMap((command) => ['-c', command]);
  const output = await runWell('qemu-io', ['-f', 'raw', ...options, ...args, uri]);
  if (/failed|error|cannot/i.test(output)) throw new Error(`qemu-io ${commands.join('; ')}:\n${output}`);
  const done = output.match(/^(wrote|read|discard) (\d+)\/\2 bytes at offset \d+$/gm)?.length ?? 0;
  const expected = commands.filter((command) => /^(aio_)?(read|write|discard)/.test(command)).length;
  if (done !== expected) throw new Error(`qemu-io did ${done} of ${expected} commands:\n${output}`);
  return output;
}
