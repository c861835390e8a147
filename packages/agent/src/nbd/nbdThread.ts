import { parentPort } from 'node:worker_threads';
import { problemOf } from '@godwit/errors';
import { HeldTurns } from '@godwit/image';
import { leaveWhenAsked } from '@godwit/transport';
import { ExportCounters } from './exportCounters.js';
import { NbdHost } from './nbdHost.js';
import type { NbdOrder, NbdReport } from './nbdMessages.js';
import { warmUp } from './warmUp.js';

/** Thread of NBD connections: does what NbdWorker in the main thread orders. A descriptor is the main thread's until this says adopted. */
let host: NbdHost | undefined;
let warmUpIn: string | undefined;

function report(message: NbdReport): void {
  parentPort?.postMessage(message);
}

/** Reports the end of an order, whether it went well or not. */
function reportEnd(order: number, work: Promise<void> | undefined): void {
  Promise.resolve(work).then(
    () => report({ type: 'done', order, problem: undefined }),
    (error: unknown) => report({ type: 'done', order, problem: problemOf(error) }),
  );
}

/** Once, before the image comes that is awaited. Failing costs some milliseconds of a pause, and nothing else. */
function warm(): void {
  if (warmUpIn !== undefined) warmUp(warmUpIn).catch(() => undefined);
  warmUpIn = undefined;
}

function obey(order: NbdOrder): void {
  switch (order.type) {
    case 'start':
      warmUpIn = order.warmUpIn;
      host = new NbdHost(order, (failure) => report({ type: 'failing', failure }));
      break;
    case 'add':
      host?.add(order.handle, new ExportCounters(order.counters), new HeldTurns(order.held), order.isAwaited);
      if (order.isAwaited) warm();
      break;
    case 'renew':
      host?.renew(order.tls);
      break;
    case 'withdraw':
      reportEnd(order.order, host?.withdraw(order.name));
      break;
    case 'adopt': {
      const { connection } = order;
      host?.adopt(order.fd, (reason) => report({ type: 'ended', connection, reason }));
      report({ type: 'adopted', connection });
      break;
    }
    case 'close':
      reportEnd(order.order, host?.close());
      break;
  }
}

leaveWhenAsked();
parentPort?.on('message', (order: NbdOrder | string) => {
  // A request to leave is heard above.
  if (typeof order !== 'string') obey(order);
});
