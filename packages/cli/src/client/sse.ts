import { GodwitError } from '@godwit/errors';

/** One dispatched event of a text/event-stream. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** The last id seen on the stream, which is what Last-Event-ID sends back. */
  readonly id: string;
}

/** An event of ours is a few hundred bytes, a whole migration with 1000 rounds some 200 KiB. */
const BUFFERED_CHARACTERS_MAXIMUM = 4 * 1024 * 1024;

/**
 * Cuts a text/event-stream into events, as the WHATWG HTML standard says (section 9.2.6, "Interpreting
 * an event stream"): pieces may end anywhere, lines end in LF, CR or CRLF, a blank line dispatches.
 * Throws E_PROTOCOL for an event that does not end.
 */
export class EventParser {
  #rest = '';
  #first = true;
  #skipLineFeed = false;
  #data: string[] = [];
  #event = '';
  #id = '';
  #held = 0;

  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let text = this.#rest + this.#withoutPrefix(piece);
    for (let end = text.search(/[\r\n]/); end !== -1; end = text.search(/[\r\n]/)) {
      const dispatched = this.#line(text.slice(0, end));
      if (dispatched !== undefined) events.push(dispatched);
      const pair = text[end] === '\r';
      text = text.slice(end + 1);
      if (pair && text.startsWith('\n')) text = text.slice(1);
      else if (pair && text === '') this.#skipLineFeed = true;
    }
    this.#rest = text;
    if (text.length + this.#held > BUFFERED_CHARACTERS_MAXIMUM) {
      throw new GodwitError('E_PROTOCOL', {
        problem: `an event longer than ${BUFFERED_CHARACTERS_MAXIMUM} characters`,
      });
    }
    return events;
  }

  /** Drops the byte order mark at the very start, and the LF whose CR ended the last piece. */
  #withoutPrefix(piece: string): string {
    let text = piece;
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1);
    if (piece !== '') this.#first = false;
    if (this.#skipLineFeed && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1);
      this.#skipLineFeed = false;
    }
    return text;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      this.#data.push(value);
      this.#held += value.length;
    } else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const data = this.#data.join('\n');
    const event = this.#event === '' ? 'message' : this.#event;
    const empty = this.#data.length === 0;
    this.#data = [];
    this.#held = 0;
    this.#event = '';
    return empty ? undefined : { event, data, id: this.#id };
  }
}
