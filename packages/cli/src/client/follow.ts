import type { MigrationState, MigrationView } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { AgentClient } from './agentClient.js';
import type { ServerEvent } from './sse.js';
import { isProgress, isRecord, isRoundRecord } from './viewGuard.js';

/** How long to be patient; all have defaults that fit a person at a terminal. */
export interface Patience {
  /** Silence on the event stream after which the migration is asked for again. */
  readonly idleMs: number;
  /** How long an agent that stopped answering is tried again before it counts as gone. */
  readonly reconnectMs: number;
  /** How long an unknown outcome may stay so before it is the result. */
  readonly outcomeMs: number;
  /** Pause between two attempts. */
  readonly retryMs: number;
}

/** Agents send a comment each 15 s when there is nothing to say. */
export const DEFAULT_PATIENCE: Patience = { idleMs: 20_000, reconnectMs: 15_000, outcomeMs: 15_000, retryMs: 500 };

const ENDED: readonly MigrationState[] = ['completed', 'cancelled', 'failed'];

/** True when nothing follows this state. */
function hasEnded(view: MigrationView): boolean {
  return ENDED.includes(view.state);
}

/**
 * Yields the migration each time something about it changed, the final view last. The event stream is
 * read and, whenever it breaks, ends or falls silent, the whole view is fetched and the stream taken up
 * again with Last-Event-ID; so a lost event delays the display, never the end.
 *
 * Ends early after `outcomeMs` of outcome-unknown, with that view last. Throws E_UNREACHABLE when the
 * agent was gone for `reconnectMs`, and at once what the agent refuses (E_NOT_FOUND, E_UNAUTHORIZED),
 * and the reason of `signal` once it is aborted.
 */
export async function* followMigration(
  client: AgentClient,
  id: string,
  patience: Patience = DEFAULT_PATIENCE,
  signal?: AbortSignal,
): AsyncGenerator<MigrationView> {
  const cursor = { lastEventId: '' };
  let unknownSinceMs: number | undefined;
  for (;;) {
    const view = await fetchPatiently(client, id, patience, signal);
    const nowMs = performance.now();
    unknownSinceMs = view.state === 'outcome-unknown' ? (unknownSinceMs ?? nowMs) : undefined;
    yield view;
    if (hasEnded(view)) return;
    if (unknownSinceMs !== undefined && nowMs - unknownSinceMs >= patience.outcomeMs) return;
    const idleMs = unknownSinceMs === undefined ? patience.idleMs : Math.min(patience.idleMs, patience.outcomeMs / 4);
    const why = yield* viewsFromEvents(client, view, cursor, idleMs, signal);
    if (why === 'broken') await wait(patience.retryMs);
  }
}

/** Views as the events tell them, until one must be asked for or the stream breaks, for whatever reason. */
async function* viewsFromEvents(
  client: AgentClient,
  view: MigrationView,
  cursor: { lastEventId: string },
  idleMs: number,
  signal?: AbortSignal,
): AsyncGenerator<MigrationView, 'ask' | 'broken'> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  let current = view;
  try {
    for await (const event of client.events(view.id, cursor.lastEventId, idleMs, stopped)) {
      cursor.lastEventId = event.id;
      const next = applyEvent(current, event);
      if (next === 'ask') return 'ask';
      if (next !== current) yield next;
      current = next;
    }
  } catch {
    // The fetch that follows decides whether the agent is still there and what it refuses.
  } finally {
    stop.abort();
  }
  return 'broken';
}

/**
 * The view after one event, or `ask` when the event says less than the agent knows: a change of state
 * brings times, errors and proofs with it. Replayed events never move the display backwards.
 */
export function applyEvent(view: MigrationView, event: ServerEvent): MigrationView | 'ask' {
  const data = parsed(event.data);
  if (event.event === 'progress' && isProgress(data)) {
    return data.percent < view.progress.percent ? view : { ...view, progress: data };
  }
  if (event.event === 'round' && isRoundRecord(data)) {
    const others = view.rounds.filter((round) => round.round !== data.round);
    return { ...view, rounds: [...others, data].sort((left, right) => left.round - right.round) };
  }
  const same = isRecord(data) && data['state'] === view.state;
  return event.event === 'state' && !same ? 'ask' : view;
}

async function fetchPatiently(
  client: AgentClient,
  id: string,
  patience: Patience,
  signal?: AbortSignal,
): Promise<MigrationView> {
  const startedMs = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await client.migration(id);
    } catch (thrown) {
      const error = toGodwitError(thrown);
      if (error.code !== 'E_UNREACHABLE') throw error;
      if (performance.now() - startedMs >= patience.reconnectMs) throw error;
      await wait(patience.retryMs);
    }
  }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
