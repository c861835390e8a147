/**
 * The events of one migration: numbered, bounded, replayable. An agent appends; each reader of
 * GET /v1/migrations/ID/events subscribes from the last id it has seen. Readers that are too slow lose
 * the oldest events, never memory.
 */

export interface LoggedEvent {
  /** Grows by at least one from event to event, starting at 1. */
  readonly id: number;
  /** `state`, `round` or `progress`. */
  readonly type: string;
  readonly data: unknown;
}

export interface EventListener {
  onEvent(event: LoggedEvent): void;
  /** Called once, after the last event; nothing follows. */
  onEnd?(): void;
}

const CAPACITY_EVENTS = 1024;

export class EventLog {
  readonly #capacityEvents: number;
  readonly #events: LoggedEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #lastId = 0;
  #ended = false;

  constructor(capacityEvents = CAPACITY_EVENTS) {
    this.#capacityEvents = capacityEvents;
  }

  get lastId(): number {
    return this.#lastId;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds an event and tells every reader; returns its id. After `end` nothing is added. */
  append(type: string, data: unknown): number {
    if (this.#ended) return this.#lastId;
    this.#lastId += 1;
    const event = { id: this.#lastId, type, data };
    if (type === 'progress') this.#forgetProgress();
    this.#events.push(event);
    if (this.#events.length > this.#capacityEvents) this.#events.shift();
    for (const listener of [...this.#listeners]) listener.onEvent(event);
    return event.id;
  }

  /**
   * Replays what is kept after `afterId`, then passes on what comes. An `afterId` that was never given
   * out comes from an agent before a restart, so everything is replayed. Returns the unsubscribe.
   */
  subscribe(afterId: number, listener: EventListener | ((event: LoggedEvent) => void)): () => void {
    const target = typeof listener === 'function' ? { onEvent: listener } : listener;
    // A set of its own entries: the same listener given twice is two subscriptions.
    const entry: EventListener = { onEvent: (event) => target.onEvent(event), onEnd: () => target.onEnd?.() };
    this.#listeners.add(entry);
    const from = afterId > this.#lastId ? 0 : afterId;
    for (const event of [...this.#events]) {
      if (!this.#listeners.has(entry)) break;
      if (event.id > from) entry.onEvent(event);
    }
    if (this.#ended && this.#listeners.delete(entry)) entry.onEnd?.();
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** No event follows; readers are told. Safe to call again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onEnd?.();
  }

  /** Only the newest progress says anything, so an older one gives up its place. */
  #forgetProgress(): void {
    const index = this.#events.findLastIndex((event) => event.type === 'progress');
    if (index >= 0) this.#events.splice(index, 1);
  }
}
