import { describe, expect, it } from 'vitest';
import { EventLog, type LoggedEvent } from './eventLog.js';

function collect(log: EventLog, afterId: number) {
  const events: LoggedEvent[] = [];
  let ends = 0;
  const unsubscribe = log.subscribe(afterId, {
    onEvent: (event) => {
      events.push(event);
    },
    onEnd: () => {
      ends += 1;
    },
  });
  return { events, ids: () => events.map((event) => event.id), ends: () => ends, unsubscribe };
}

describe('EventLog', () => {
  it('numbers events from 1 and replays those after the id a reader has seen', () => {
    const log = new EventLog();
    expect([log.append('state', 'a'), log.append('round', 'b'), log.append('state', 'c')]).toEqual([1, 2, 3]);
    const reader = collect(log, 1);
    log.append('state', 'd');
    expect(reader.events.map((event) => event.data)).toEqual(['b', 'c', 'd']);
  });

  it('keeps only the latest progress, and every other event', () => {
    const log = new EventLog();
    log.append('progress', 1);
    log.append('state', 'active');
    log.append('progress', 2);
    log.append('progress', 3);
    expect(collect(log, 0).events).toEqual([
      { id: 2, type: 'state', data: 'active' },
      { id: 4, type: 'progress', data: 3 },
    ]);
  });

  it('tells a live reader each progress', () => {
    const log = new EventLog();
    const reader = collect(log, 0);
    log.append('progress', 1);
    log.append('progress', 2);
    expect(reader.events.map((event) => event.data)).toEqual([1, 2]);
  });

  it('forgets the oldest beyond its capacity and keeps counting', () => {
    const log = new EventLog(3);
    for (let round = 1; round <= 5; round += 1) log.append('round', round);
    expect(collect(log, 0).ids()).toEqual([3, 4, 5]);
    expect(log.lastId).toBe(5);
  });

  it('replays everything to a reader whose id was never given out', () => {
    const log = new EventLog();
    log.append('state', 'setup');
    expect(collect(log, 900).ids()).toEqual([1]);
  });

  it('ends once for each reader, also for one that comes later, and takes nothing more', () => {
    const log = new EventLog();
    const early = collect(log, 0);
    log.append('state', 'completed');
    log.end();
    log.end();
    log.append('state', 'late');
    const late = collect(log, 0);
    expect([early.ends(), late.ends()]).toEqual([1, 1]);
    expect([early.ids(), late.ids()]).toEqual([[1], [1]]);
  });

  it('tells nothing to a reader that left, not even the end', () => {
    const log = new EventLog();
    const reader = collect(log, 0);
    reader.unsubscribe();
    log.append('state', 'active');
    log.end();
    expect([reader.events, reader.ends()]).toEqual([[], 0]);
  });
});
