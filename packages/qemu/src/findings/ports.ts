import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { systemCodeOf } from '@godwit/errors';
import type { VmForward } from '../manifest/vmManifest.js';

/** Whether somebody has the port: by asking for it, and giving it back. An address that is not this host's counts as taken. */
export async function isPortTaken({ protocol, host = '0.0.0.0', hostPort }: VmForward): Promise<boolean> {
  try {
    if (protocol === 'tcp') {
      const server = createServer();
      server.listen({ host, port: hostPort, exclusive: true });
      await once(server, 'listening');
      await new Promise((resolve) => server.close(resolve));
    } else {
      const socket = createSocket('udp4');
      socket.bind({ address: host, port: hostPort, exclusive: true });
      await once(socket, 'listening');
      socket.close();
    }
    return false;
  } catch (error) {
    // What may not be asked for here is not known to be taken: QEMU may be allowed more.
    return systemCodeOf(error) !== 'EACCES';
  }
}
