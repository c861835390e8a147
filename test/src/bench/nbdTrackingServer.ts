/**
 * A program of the bench alone: `node nbdTrackingServer.js SOCKET FILE tracked|untracked`. Serves FILE from one
 * thread, as an agent's NBD thread does, either as the live image that it is there, or without gate and map.
 */
import { ExportCounters } from '../../../packages/agent/dist/nbd/exportCounters.js';
import { ImageExport } from '../../../packages/agent/dist/nbd/imageExport.js';
import { LiveImage, RawFile } from '../../../packages/image/dist/index.js';
import { type Export, type ExportBytes, NbdConnection, NbdEndpoint } from '../../../packages/nbd/dist/index.js';
import { heldDescriptorOf } from '../../../packages/transport/dist/index.js';
import { DISK } from '../harness/pair.js';

const BLOCK_BYTES = 64 * 1024;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAXIMUM_CONNECTIONS = 8;

/** The file alone; what of ExportBytes the bench does not use does nothing. */
function fileBytes(file: RawFile): ExportBytes {
  return {
    size: file.size,
    read: (offset, target) => {
      file.readSync(target, offset);
      return undefined;
    },
    write: (offset, data) => {
      file.writeSync(data, offset);
      return undefined;
    },
    writeZeroes: (offset, length) => {
      file.zeroSync(offset, length);
      return undefined;
    },
    trim: () => undefined,
    flush: () => file.sync(),
    cache: () => undefined,
    blockStatus: (_context, _offset, length) => [{ length, flags: 0 }],
  };
}

/** Counted like an image, so that only gate and map differ. */
function untrackedExport(path: string): Export {
  const file = RawFile.open(path);
  const counters = new ExportCounters();
  return {
    name: DISK,
    description: 'a file',
    size: file.size,
    readOnly: false,
    contexts: [],
    open: () => ({
      bytes: fileBytes(file),
      observe: (request) => counters.answered(request),
      withdrawn: new Promise(() => undefined),
      close: () => undefined,
    }),
  };
}

function trackedExport(path: string): Export {
  const image = LiveImage.open({ name: DISK, path, kind: 'disk', blockBytes: BLOCK_BYTES });
  return new ImageExport(image.handle(), new ExportCounters());
}

const [socketPath = '', path = '', kind = ''] = process.argv.slice(2);
const served = kind === 'tracked' ? trackedExport(path) : untrackedExport(path);
await NbdEndpoint.listen(
  { path: socketPath },
  {
    flag: 'SOCKET',
    maximumConnections: MAXIMUM_CONNECTIONS,
    onConnection: (socket) => {
      const held = heldDescriptorOf(socket);
      socket.destroy();
      if (held === undefined) throw new Error('descriptors are not to be had');
      NbdConnection.adopt(held.fd, {
        exports: { list: () => [served], find: () => served },
        tls: { mode: 'off' },
        handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
        onEnd: () => undefined,
      });
      held.passOn();
    },
  },
);
