import { existsSync, lstatSync, rmSync } from 'node:fs';
import net from 'node:net';
import { dirname } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';

/** sockaddr_un has 108 bytes for a path with its final zero (unix(7)). */
const LONGEST_PATH_BYTES = 107;

/**
 * Makes way for a unix socket at `path`: one that a process left behind is removed, for nobody answers there.
 * E_SOCKET_PATH when somebody does answer, when the path is another file, and when it cannot be looked at.
 */
export async function clearSocketPath(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > LONGEST_PATH_BYTES) {
    throw refusal(path, `is ${bytes} bytes long; the path of a unix socket has at most ${LONGEST_PATH_BYTES}`);
  }
  if (bytes === 0 || path.includes('\0')) throw refusal(path, 'is no path of a unix socket');
  switch (kindOf(path)) {
    case 'nothing':
      // Node calls that EACCES, which leads astray.
      if (!existsSync(dirname(path))) throw refusal(path, `there is no folder ${dirname(path)}`);
      return;
    case 'file':
      throw refusal(path, 'exists and is no socket; choose another path');
    case 'socket':
      if (await isAnswered(path)) throw refusal(path, 'another process listens there; choose another path');
      rmSync(path, { force: true });
  }
}

/** E_SOCKET_PATH. */
export function refusal(path: string, problem: string, cause?: unknown): GodwitError {
  return new GodwitError('E_SOCKET_PATH', { path, problem }, { cause });
}

function kindOf(path: string): 'nothing' | 'socket' | 'file' {
  try {
    return lstatSync(path).isSocket() ? 'socket' : 'file';
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return 'nothing';
    throw refusal(path, `cannot be looked at (${code ?? problemOf(error)})`, error);
  }
}

/** False when the connection is refused, which is how a socket answers whose process has ended. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = net.connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => {
      const code = systemCodeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      // Somebody listens and is slow to accept.
      else if (code === 'EAGAIN') resolve(true);
      else reject(refusal(path, `is a socket that cannot be asked (${code ?? problemOf(error)})`, error));
    });
  });
}
