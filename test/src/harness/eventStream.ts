import { get, type IncomingMessage } from 'node:http';

/** One server-sent event. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/**
 * Server-sent events of a URL until the server ends the stream or `enough` is satisfied. `lastEventId`
 * asks for what came after it.
 */
export function readEvents(
  url: string,
  options: { lastEventId?: string; enough?: (events: readonly ServerEvent[]) => boolean } = {},
): Promise<ServerEvent[]> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (options.lastEventId !== undefined) headers['last-event-id'] = options.lastEventId;
    const outgoing = get(url, { headers }, (response: IncomingMessage) => {
      if (response.statusCode !== 200) {
        reject(new Error(`${url} answered ${response.statusCode ?? 0}`));
        response.resume();
        return;
      }
      const events: ServerEvent[] = [];
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        const blocks = text.split(/\r?\n\r?\n/);
        text = blocks.pop() ?? '';
        events.push(...blocks.map(parseEvent).filter((event) => event !== undefined));
        if (options.enough?.(events) === true) outgoing.destroy();
      });
      response.once('close', () => resolve(events));
    });
    outgoing.once('error', reject);
  });
}

/** Undefined for comments, which keep the connection alive. */
function parseEvent(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) };
}
