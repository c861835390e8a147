import { describe, expect, it } from 'vitest';
import { EventParser, type ServerEvent } from './sse.js';

function parse(pieces: readonly string[]): ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

const STREAM =
  '\uFEFF: hello\r\nid: 7\r\nevent: round\r\ndata: {"a":1}\r\n\r\ndata:x\rdata: y\r\rid:8\nevent: state\n\ndata\n\nretry: 5\ndata:  z\n\n';
const EVENTS: ServerEvent[] = [
  { event: 'round', data: '{"a":1}', id: '7' },
  { event: 'message', data: 'x\ny', id: '7' },
  { event: 'message', data: '', id: '8' },
  { event: 'message', data: ' z', id: '8' },
];

describe('the event stream reader', () => {
  it('cuts events at blank lines, whatever the line ends, and drops events without data', () => {
    expect(parse([STREAM])).toEqual(EVENTS);
  });

  it('gives the same events when the stream is cut at any offset', () => {
    for (let at = 0; at <= STREAM.length; at++) expect(parse([STREAM.slice(0, at), STREAM.slice(at)])).toEqual(EVENTS);
    expect(parse(STREAM.split(''))).toEqual(EVENTS);
  });

  it('never gives an event that was not ended by a blank line', () => {
    expect(parse(['data: half\n'])).toEqual([]);
  });

  it('refuses an event that grows without end', () => {
    const parser = new EventParser();
    const line = `data: ${'x'.repeat(1024 * 1024)}\n`;
    expect(() => {
      for (let count = 0; count < 6; count++) parser.push(line);
    }).toThrow(expect.objectContaining({ code: 'E_PROTOCOL' }));
  });
});
