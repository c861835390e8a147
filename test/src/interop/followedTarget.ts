import type { Stage } from '../harness/stage.js';
import type { WriteTarget } from '../oracle/writeTarget.js';
import type { Place } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND } from './wire.js';

const COMMANDS = { write: COMMAND.write, zero: COMMAND.writeZeroes, discard: COMMAND.trim } as const;

/** Writes through as many NBD connections as there are writers, which have to last: what serves them follows the image. */
export async function followedTarget(
  stage: Stage,
  place: Place,
  name: string,
  connections: number,
): Promise<WriteTarget> {
  const free: RawClient[] = [];
  for (let count = 0; count < connections; count++) free.push(await RawClient.attach(stage, place, name));
  return {
    write: async (_, { operation, offset, length }, content) => {
      const client = free.pop();
      if (client === undefined) throw new Error('there are more writers than connections');
      const payload = operation === 'write' ? { payload: content } : { length };
      const { errno } = await client.call({ command: COMMANDS[operation], offset, ...payload });
      free.push(client);
      if (errno === 0) return { kind: 'acknowledged' };
      return { kind: 'refused', code: `errno ${errno}`, message: `${operation} of ${length} bytes at ${offset}` };
    },
    // They are the stage's: a writer may be stopped and started again.
    close: () => undefined,
  };
}
