/**
 * One reader of a migration's events, as server-sent events. The log is the buffer: a reader that does not
 * keep up is unsubscribed and goes on from its last id when its socket has drained.
 */
import type { ServerResponse } from 'node:http';
import type { EventLog, LoggedEvent } from '../migrations/eventLog.js';

const HEARTBEAT_MS = 15_000;
/** What a browser waits before it comes back. */
const RETRY_MS = 2000;

/** Answers with the events after `afterId` until the log ends or the reader leaves. */
export function streamEvents(
  response: ServerResponse,
  log: EventLog,
  afterId: number,
  heartbeatMs = HEARTBEAT_MS,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`retry: ${RETRY_MS}\n\n`);
  let lastId = afterId;
  let unsubscribe: () => void = () => undefined;
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': alive\n\n');
  }, heartbeatMs);
  const stop = () => {
    clearInterval(heartbeat);
    unsubscribe();
  };
  const follow = () => {
    let stalled = false;
    const onEvent = (event: LoggedEvent) => {
      if (stalled) return;
      lastId = event.id;
      stalled = !response.write(serialize(event));
      if (!stalled) return;
      unsubscribe();
      response.once('drain', follow);
    };
    const onEnd = () => {
      if (stalled) return;
      stop();
      response.end();
    };
    unsubscribe = log.subscribe(lastId, { onEvent, onEnd });
    // The replay itself may have filled the socket, before there was anything to unsubscribe.
    if (stalled) unsubscribe();
  };
  response.once('close', stop);
  follow();
}

function serialize(event: LoggedEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
