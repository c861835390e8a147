import type { MigrationView } from '@godwit/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../testing/fakeAgent.js';
import { completedView, sampleView } from '../testing/views.js';
import { AgentClient } from './agentClient.js';
import { applyEvent, followMigration, type Patience } from './follow.js';

const HASTE: Patience = { idleMs: 2000, reconnectMs: 300, outcomeMs: 200, retryMs: 20 };
let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.listen();
});
afterEach(() => agent.close());

/** Follows to the end; `onView` gets each view and may drive the agent on. */
async function follow(
  onView: (view: MigrationView, index: number) => void,
  patience = HASTE,
): Promise<MigrationView[]> {
  const views: MigrationView[] = [];
  for await (const view of followMigration(new AgentClient({ url: agent.url }), 'm-1', patience)) {
    onView(view, views.length);
    views.push(view);
  }
  return views;
}

describe('following a migration', () => {
  it('shows progress and rounds from events and fetches the whole at a change of state', async () => {
    const [round] = sampleView().rounds;
    const views = await follow((view, index) => {
      if (index === 0) agent.become(sampleView({ rounds: [] }));
      if (index === 1) agent.emit('progress', { ...view.progress, percent: 60 });
      if (index === 2) agent.emit('round', round);
      if (index === 3) agent.become(completedView());
    });
    expect(views.map((view) => [view.state, view.progress.percent, view.rounds.length])).toEqual([
      ['setup', 50, 0],
      ['active', 50, 0],
      ['active', 60, 0],
      ['active', 60, 1],
      ['completed', 100, 1],
    ]);
    expect(views.at(-1)).toEqual(completedView());
  });

  it('takes the stream up again where it was cut', async () => {
    agent.onRequest = (request) => {
      if (request.lastEventId !== undefined) agent.become(completedView());
    };
    const views = await follow((view, index) => {
      if (index === 0) agent.emit('progress', { ...view.progress, percent: 61 });
      if (view.progress.percent === 61) agent.cutStreams();
    });
    expect(views.at(-1)?.state).toBe('completed');
    const streams = agent.requests.filter((request) => request.line.endsWith('/events'));
    expect(streams.map((request) => request.lastEventId).slice(0, 2)).toEqual([undefined, '1']);
  });

  it('polls when there are no events to be had', async () => {
    agent.answers.set('GET /v1/migrations/m-1/events', { status: 404, body: '' });
    const views = await follow((_view, index) => {
      if (index === 2) agent.become(completedView());
    });
    expect(views.at(-1)?.state).toBe('completed');
  });

  it('notices the end although the event was lost', async () => {
    const views = await follow(
      (_view, index) => {
        if (index === 0) agent.view = completedView();
      },
      { ...HASTE, idleMs: 50 },
    );
    expect(views.at(-1)?.state).toBe('completed');
  });

  it('gives up an unknown outcome after the patience, and not before it is known', async () => {
    agent.view = sampleView({ state: 'outcome-unknown' });
    const given = await follow(() => undefined);
    expect(given.at(-1)?.state).toBe('outcome-unknown');
    const resolved = await follow((_view, index) => {
      if (index === 0) agent.become(completedView());
    });
    expect(resolved.at(-1)?.state).toBe('completed');
  });

  it('waits for an agent that is gone for a while, then says so', async () => {
    const started = follow(() => void agent.close());
    await expect(started).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    agent = await FakeAgent.listen();
  });

  it('never moves the display backwards when events are replayed', () => {
    const view = sampleView();
    const older = JSON.stringify({ ...view.progress, percent: 10 });
    expect(applyEvent(view, { event: 'progress', data: older, id: '1' })).toBe(view);
    const again = applyEvent(view, { event: 'round', data: JSON.stringify(view.rounds[0]), id: '2' });
    expect(again).toEqual(view);
    expect(applyEvent(view, { event: 'progress', data: '{"percent":', id: '3' })).toBe(view);
    expect(applyEvent(view, { event: 'novelty', data: '{}', id: '4' })).toBe(view);
  });
});
