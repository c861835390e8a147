import { describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from '../harness/eventStream.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const make = (path: string): void => makeMixedImage(path, 16 * 1024 * 1024);

function statesOf(events: readonly ServerEvent[]): unknown[] {
  return events.filter(({ event }) => event === 'state').map(({ data }) => fieldOf(data, 'state'));
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null
    ? Object.entries(data).find(([key]) => key === name)?.[1]
    : undefined;
}

function percentsOf(events: readonly ServerEvent[]): number[] {
  return events
    .filter(({ event }) => event === 'progress')
    .map(({ data }) => Number(fieldOf(data, 'percent') ?? fieldOf(fieldOf(data, 'progress'), 'percent')));
}

describe('events of a migration', () => {
  it('tell states in order, rounds and progress, and end with it', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    const events = await readEvents(`${source.api.url}/v1/migrations/${id}/events`);
    const order = ['setup', 'active', 'switchover', 'completed'];
    const states = statesOf(events);
    expect(states.at(-1)).toBe('completed');
    expect(states).toEqual(order.filter((state) => states.includes(state)));
    expect(states).toContain('switchover');
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['state', 'round', 'progress']));
    const ids = events.map(({ id: eventId }) => Number(eventId));
    expect(ids.every((value, index) => index === 0 || value > (ids[index - 1] ?? 0))).toBe(true);
  });

  it('go on behind Last-Event-ID, with nothing twice and nothing left out', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    const url = `${source.api.url}/v1/migrations/${view.id}/events`;
    // Once to the end: until then a progress may yet take the place of the one before.
    await readEvents(url);
    const all = await readEvents(url);
    const middle = all[Math.floor(all.length / 2)];
    const rest = await readEvents(url, { lastEventId: middle?.id ?? '' });
    expect(rest).toEqual(all.slice(Math.floor(all.length / 2) + 1));
  });

  it('can be followed at the destination too', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    const events = await readEvents(`${destination.api.url}/v1/migrations/${view.id}/events`);
    expect(statesOf(events).at(-1)).toBe('completed');
  });

  it('show a percentage that never falls and reaches 100 only at the end', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const oracle = stage.writers({
      seed: 81,
      url: source.api.imageUrl(DISK),
      sizeBytes: 16 * 1024 * 1024,
      rateBytesPerSec: 1e6,
      longestWriteBytes: 64 * 1024,
      shortestWriteBytes: 16 * 1024,
    });
    oracle.start();
    const request = { images: [DISK], destination: destination.address, bandwidthLimit: 16e6, downtimeLimitMs: 300 };
    const id = await source.api.startMigration(request);
    const events = await readEvents(`${source.api.url}/v1/migrations/${id}/events`);
    await untilState(source.api, id, 'completed');
    await oracle.stop();
    const percents = percentsOf(events);
    expect(percents.length).toBeGreaterThan(0);
    expect(percents.every((value, index) => value >= (percents[index - 1] ?? 0))).toBe(true);
    const end = events.findIndex(({ event, data }) => event === 'state' && fieldOf(data, 'state') === 'completed');
    expect(percentsOf(events.slice(0, end)).every((value) => value < 100)).toBe(true);
    expect(percents.at(-1)).toBe(100);
  });
});
