import { GodwitError } from '@godwit/errors';

/** What follows an event in a phase. */
export interface Step<Phase, Role, Effect> {
  readonly next: Phase;
  /** To be put on disk for every image of the migration; `recorded` or `record-failed` follows, and nothing else is done before. */
  readonly record?: Role;
  /** Done at once, in this order; after the record where one was written, for then they stand beside `recorded`. */
  readonly effects?: readonly Effect[];
}

/** The steps of each phase, by event. An event that has none is out of phase. */
export type HandoverTable<Phase extends string, Event extends string, Role, Effect> = Readonly<
  Record<Phase, Partial<Readonly<Record<Event, Step<Phase, Role, Effect>>>>>
>;

/** What follows; an event that is out of phase is the peer's E_PROTOCOL. */
export function stepOf<Phase extends string, Event extends string, Role, Effect>(
  table: HandoverTable<Phase, Event, Role, Effect>,
  phase: Phase,
  event: Event,
): Step<Phase, Role, Effect> {
  const step = table[phase][event];
  if (step !== undefined) return step;
  throw new GodwitError('E_PROTOCOL', { problem: `${event} is out of phase: the migration is ${phase}` });
}
