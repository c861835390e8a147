import { EventLog, type MigrationRequest, type MigrationView } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { HostMigrations } from './hostMigrations.js';

const REQUEST: MigrationRequest = {
  images: ['vm'],
  destination: 'there:7400',
  mode: 'live',
  downtimeLimitMs: 50,
  verify: 'full',
  maxRounds: 30,
  timeoutMs: 1000,
  onStall: 'abort',
  cutover: 'auto',
  patienceMs: 0,
  seed: false,
};

function viewOf(id: string, role: 'source' | 'destination', startedAt: string): MigrationView {
  const progress = {
    phase: '',
    total: 0,
    transferred: 0,
    remaining: 0,
    duplicate: 0,
    normal: 0,
    wireBytes: 0,
    resent: 0,
    percent: 0,
    etaMs: 0,
    mbps: 0,
    dirtyBytesPerSec: 0,
    expectedDowntimeMs: 0,
  };
  return { id, role, images: ['vm'], state: 'active', mode: 'live', verify: 'full', startedAt, progress, rounds: [] };
}

/** One side that knows these migrations; what it was told is in `heard`. */
function side(role: 'source' | 'destination', started: Readonly<Record<string, string>>) {
  const heard: string[] = [];
  const known = (id: string): string => {
    const at = started[id];
    if (at === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: id });
    return at;
  };
  const hear = (what: string) => async (id: string) => {
    known(id);
    heard.push(`${what} ${id}`);
  };
  return {
    heard,
    list: () => Object.entries(started).map(([id, at]) => viewOf(id, role, at)),
    view: (id: string) => viewOf(id, role, known(id)),
    events: (id: string) => {
      known(id);
      return new EventLog();
    },
    cancel: hear('cancel'),
    cutover: hear('cutover'),
    resolve: hear('resolve'),
    start: async ({ images }: MigrationRequest) => {
      heard.push(`start ${images.join()}`);
      return { id: 'new' };
    },
  };
}

function both(judge: (request: MigrationRequest) => void = () => undefined) {
  const out = side('source', { out: '2026-01-01T00:00:02Z' });
  const into = side('destination', { into: '2026-01-01T00:00:01Z', later: '2026-01-01T00:00:03Z' });
  return { out, into, all: new HostMigrations(out, into, judge) };
}

describe('the migrations of an agent with both roles', () => {
  it('are listed in the order in which they began, whichever way they go', () => {
    expect(
      both()
        .all.list()
        .map(({ id, role }) => `${id} ${role}`),
    ).toEqual(['into destination', 'out source', 'later destination']);
  });

  it('are found by their id on either side', async () => {
    const { all, out, into } = both();
    expect([all.view('out').role, all.view('into').role]).toEqual(['source', 'destination']);
    for (const id of ['out', 'into']) {
      expect(all.events(id)).toBeInstanceOf(EventLog);
      await all.cancel(id);
      await all.resolve(id, undefined);
    }
    expect(out.heard).toEqual(['cancel out', 'resolve out']);
    expect(into.heard).toEqual(['cancel into', 'resolve into']);
    expect(() => all.view('nothing')).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
  });

  it('are cut over where they leave, and nowhere else', async () => {
    const { all, out } = both();
    await all.cutover('out');
    expect(out.heard).toEqual(['cutover out']);
    await expect(all.cutover('into')).rejects.toMatchObject({ code: 'E_TOO_LATE' });
    await expect(all.cutover('nothing')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('begin when there is nothing against it here', async () => {
    const { all, out } = both(({ destination }) => {
      if (destination === 'here:7400') throw new GodwitError('E_USAGE', { problem: 'to itself' });
    });
    expect(await all.start(REQUEST)).toEqual({ id: 'new' });
    await expect(all.start({ ...REQUEST, destination: 'here:7400' })).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(out.heard).toEqual(['start vm']);
  });
});
