/**
 * Both ends of a handover and what is between them, over the tables that the agents run: every step that may be next, faults
 * included. What is left out: bytes. What is made up: two connections at most, the older one of which the source has given up.
 */
import {
  answerTo,
  DESTINATION_HANDOVER,
  type DestinationEvent,
  type DestinationPhase,
  type DestinationRole,
  destinationAfterRestart,
  SOURCE_HANDOVER,
  type SourceEvent,
  type SourcePhase,
  type SourceRole,
  sourceAfterRestart,
} from '../../../packages/agent/dist/index.js';

type ToDestination = 'Offer' | 'Prepare' | 'Commit' | 'Cancel' | 'Ask';
type ToSource = 'Accept' | 'Prepared' | 'Taken' | 'Owner' | 'Aborted' | 'Refused';

/** A record that is being written; `isAwaited`: the phase that asked for it is still the one. */
interface Writing<Role> {
  readonly role: Role;
  readonly isAwaited: boolean;
  /** A source that asked waits for it. */
  readonly answers?: true;
}

interface Side<Phase, Role> {
  readonly phase: Phase;
  readonly disk: Role | 'none';
  readonly writing: readonly Writing<Role>[];
}

export interface Connection {
  readonly toDestination: readonly ToDestination[];
  readonly toSource: readonly ToSource[];
  /** Each end believes in it. */
  readonly atSource: boolean;
  readonly atDestination: boolean;
  /** The destination's link of the migration: its last Offer came on it. */
  readonly isServed: boolean;
}

export interface Handover {
  readonly source: Side<SourcePhase, SourceRole>;
  readonly destination: Side<DestinationPhase, DestinationRole>;
  /** The older one first; the source believes in the last alone. */
  readonly connections: readonly Connection[];
}

export interface Next {
  readonly name: string;
  readonly state: Handover;
  readonly isFault: boolean;
}

const CONNECTIONS = 2;
const QUEUE = 3;

export const START: Handover = {
  source: { phase: 'paused', disk: 'owner', writing: [] },
  destination: { phase: 'paused', disk: 'none', writing: [] },
  connections: [],
};

/** What is broken in a state, or undefined. */
export function violation({ source, destination }: Handover): string | undefined {
  const sourceRuns = ['travelling', 'preparing', 'paused', 'unsealing', 'kept'].includes(source.phase);
  if (sourceRuns && destination.phase === 'owner') return 'two own';
  if (sourceRuns && destination.disk === 'owner')
    return 'the source runs, and a restart of the destination would serve';
  if (source.phase === 'moved' && destination.disk !== 'owner') return 'nobody owns';
  if (source.phase === 'kept' && source.disk !== 'owner') return 'a restart of the source would not own';
  return undefined;
}

/** It is over, and both agree. */
export function isSettled({ source, destination }: Handover): boolean {
  if (source.phase === 'moved') return destination.phase === 'owner';
  return source.phase === 'kept';
}

/** All that may happen next. */
export function nextOf(state: Handover): Next[] {
  return [...decisions(state), ...writes(state), ...deliveries(state), ...losses(state), ...crashes(state)];
}

function sourceEvent(state: Handover, event: SourceEvent): Handover {
  const step = SOURCE_HANDOVER[state.source.phase][event];
  if (step === undefined) return state;
  const before = forgotten(state.source.writing, state.source.phase !== step.next);
  const writing = step.record === undefined ? before : [...before, { role: step.record, isAwaited: true }];
  let next: Handover = { ...state, source: { ...state.source, phase: step.next, writing } };
  for (const effect of step.effects ?? []) {
    if (effect === 'say-prepare') next = say(next, 'Prepare');
    if (effect === 'say-commit') next = say(next, 'Commit');
    // On a connection of its own; the one before is let go.
    if (effect === 'ask') next = closed(next);
    // RELEASED is not waited for: the phase goes on without it.
    if (effect === 'record-released') {
      next = {
        ...next,
        source: { ...next.source, writing: [...next.source.writing, { role: 'released', isAwaited: false }] },
      };
    }
  }
  return next;
}

function destinationEvent(state: Handover, event: DestinationEvent): Handover | undefined {
  const step = DESTINATION_HANDOVER[state.destination.phase][event];
  if (step === undefined) return undefined;
  const before = forgotten(
    state.destination.writing,
    state.destination.phase !== step.next || step.record !== undefined,
  );
  const writing = step.record === undefined ? before : [...before, { role: step.record, isAwaited: true }];
  let next: Handover = { ...state, destination: { ...state.destination, phase: step.next, writing } };
  for (const effect of step.effects ?? []) {
    const from = next.connections.findIndex(({ isServed }) => isServed);
    if (effect === 'accept') next = answer(next, from, 'Accept');
    if (effect === 'say-prepared') next = answer(next, from, 'Prepared');
    if (effect === 'say-taken') next = answer(next, from, 'Taken');
    if (effect === 'refuse') next = refused(next, from);
  }
  return next;
}

function forgotten<Role>(writing: readonly Writing<Role>[], isOver: boolean): readonly Writing<Role>[] {
  return isOver ? writing.map((each) => ({ ...each, isAwaited: false })) : writing;
}

/** The source puts a message on the connection that it believes in. */
function say(state: Handover, message: ToDestination): Handover {
  const index = state.connections.findIndex(({ atSource }) => atSource);
  return changed(state, index, (connection) => ({ toDestination: [...connection.toDestination, message] }));
}

function answer(state: Handover, from: number, message: ToSource): Handover {
  const index = state.connections[from]?.atDestination === true ? from : -1;
  return changed(state, index, (connection) => ({ toSource: [...connection.toSource, message] }));
}

function changed(state: Handover, index: number, change: (connection: Connection) => Partial<Connection>): Handover {
  const connections = state.connections.map((each, at) => (at === index ? { ...each, ...change(each) } : each));
  return { ...state, connections: connections.filter(isOfUse) };
}

/** Neither end believes in it, or nothing on it can arrive any more. */
function isOfUse({ atSource, atDestination, toDestination }: Connection): boolean {
  return atSource || (atDestination && toDestination.length > 0) || atDestination;
}

function dial(state: Handover, first: ToDestination): Handover {
  const fresh: Connection = {
    toDestination: [first],
    toSource: [],
    atSource: true,
    atDestination: true,
    isServed: false,
  };
  const before = state.connections.map((each) => ({ ...each, atSource: false, toSource: [] }));
  return { ...state, connections: [...before.slice(-(CONNECTIONS - 1)), fresh] };
}

/** What the source does by itself. */
function decisions(state: Handover): Next[] {
  const { phase } = state.source;
  const isLinked = state.connections.some(({ atSource }) => atSource);
  const next: Next[] = [];
  const add = (name: string, to: Handover, isFault = false) => next.push({ name, state: to, isFault });
  if (phase === 'paused' && !isLinked) add('source offers', dial(state, 'Offer'));
  if (phase === 'asking' && !isLinked) add('source asks', dial(state, 'Ask'));
  // Lost while the record was being written.
  if (phase === 'sealed' && !isLinked) add('source notices', sourceEvent(state, 'link-lost'));
  if (phase === 'travelling') add('source is ready', sourceEvent(state, 'ready'));
  if (phase === 'travelling') add('source thaws', sourceEvent(state, 'thaw'), true);
  if (['travelling', 'preparing', 'paused'].includes(phase)) {
    const told = isLinked && phase !== 'paused' ? say(state, 'Cancel') : state;
    add('source gives up', sourceEvent(told, 'give-up'), true);
  }
  if (
    ['paused', 'receiving', 'preparing', 'accepting'].includes(state.destination.phase) &&
    state.destination.disk !== 'none'
  ) {
    const given = destinationEvent(state, 'give-up');
    if (given !== undefined) add('destination gives up', given, true);
  }
  return next;
}

/** Records that reach the disk, in their order, or fail. */
function writes(state: Handover): Next[] {
  const next: Next[] = [];
  const [ours] = state.source.writing;
  if (ours !== undefined) {
    const rest = state.source.writing.slice(1);
    const after = (disk: SourceRole | 'none', event: SourceEvent): Handover => {
      const source = { ...state.source, disk, writing: rest };
      return ours.isAwaited ? sourceEvent({ ...state, source }, event) : { ...state, source };
    };
    next.push({ name: `source has ${ours.role} on disk`, state: after(ours.role, 'recorded'), isFault: false });
    next.push({
      name: `source fails to write ${ours.role}`,
      state: after(state.source.disk, 'record-failed'),
      isFault: true,
    });
    next.push({
      name: `source writes ${ours.role} and hears of a failure`,
      state: after(ours.role, 'record-failed'),
      isFault: true,
    });
  }
  const [theirs] = state.destination.writing;
  if (theirs !== undefined) {
    const rest = state.destination.writing.slice(1);
    const after = (disk: DestinationRole | 'none', event: DestinationEvent): Handover => {
      let to: Handover = { ...state, destination: { ...state.destination, disk, writing: rest } };
      if (theirs.isAwaited) to = destinationEvent(to, event) ?? to;
      const asker = to.connections.length - 1;
      if (theirs.answers) to = event === 'recorded' ? answer(to, asker, 'Aborted') : refused(to, asker);
      return to;
    };
    next.push({
      name: `destination has ${theirs.role} on disk`,
      state: after(theirs.role, 'recorded'),
      isFault: false,
    });
    const failed = after(state.destination.disk, 'record-failed');
    next.push({ name: `destination fails to write ${theirs.role}`, state: failed, isFault: true });
    const heard = after(theirs.role, 'record-failed');
    next.push({ name: `destination writes ${theirs.role} and hears of a failure`, state: heard, isFault: true });
  }
  return next;
}

/** Messages that arrive, in the order of their connection; and once more, for good measure. */
function deliveries(state: Handover): Next[] {
  const next: Next[] = [];
  for (const [index, { toDestination, toSource, atSource, atDestination }] of state.connections.entries()) {
    const [there] = toDestination;
    if (there !== undefined && atDestination) {
      const taken = changed(state, index, () => ({ toDestination: toDestination.slice(1) }));
      const isOld = index < state.connections.length - 1;
      next.push({ name: `${there} arrives`, state: arrivedThere(taken, index, there, isOld), isFault: false });
      next.push({
        name: `${there} arrives, and will again`,
        state: arrivedThere(state, index, there, isOld),
        isFault: true,
      });
    }
    const [here] = toSource;
    if (here !== undefined && atSource) {
      const taken = changed(state, index, () => ({ toSource: toSource.slice(1) }));
      next.push({ name: `${here} arrives`, state: arrivedHere(taken, here), isFault: false });
    }
  }
  return next.filter(({ state: { source, destination, connections } }) => {
    const isLong = connections.some((each) => each.toSource.length > QUEUE || each.toDestination.length > QUEUE);
    return !isLong && source.writing.length <= QUEUE && destination.writing.length <= QUEUE;
  });
}

function arrivedThere(state: Handover, index: number, message: ToDestination, isOld: boolean): Handover {
  const { disk } = state.destination;
  const refuse = () => refused(state, index);
  if (message === 'Ask') return asked(state, index);
  if (message === 'Offer') {
    // A lower attempt than one that was seen, or a migration that is over.
    if (isOld && disk !== 'none') return refuse();
    return destinationEvent(serving(state, index), 'offer') ?? refuse();
  }
  // What comes on a link that another one has taken the place of is nobody's.
  if (state.connections[index]?.isServed !== true) return refuse();
  const event = ({ Prepare: 'prepare', Commit: 'commit', Cancel: 'give-up' } as const)[message];
  return destinationEvent(state, event) ?? lostThere(refuse());
}

/** The destination says why and closes. */
function refused(state: Handover, index: number): Handover {
  return changed(answer(state, index, 'Refused'), index, () => ({ atDestination: false, toDestination: [] }));
}

/** The destination lets go of a link that its source has followed by another. */
function serving(state: Handover, index: number): Handover {
  const connections = state.connections.map((each, at) => ({
    ...each,
    atDestination: each.atDestination && at >= index,
    isServed: at === index,
  }));
  return { ...state, connections };
}

function asked(state: Handover, index: number): Handover {
  const { phase, disk } = state.destination;
  const said = answerTo(disk === 'none' ? undefined : disk, phase);
  if (said === 'unknown') return answer(destinationEvent(state, 'retry') ?? state, index, 'Refused');
  if (said === 'owner') return answer(state, index, 'Owner');
  const givenUp = destinationEvent(state, 'give-up') ?? state;
  const { destination } = givenUp;
  if (destination.disk === 'aborted' && destination.writing.length === 0) return answer(givenUp, index, 'Aborted');
  const writing: Writing<DestinationRole>[] = [
    ...destination.writing,
    { role: 'aborted', isAwaited: false, answers: true },
  ];
  return { ...givenUp, destination: { ...destination, writing } };
}

function arrivedHere(state: Handover, message: ToSource): Handover {
  const events = {
    Accept: 'accepted',
    Prepared: 'prepared',
    Taken: 'taken',
    Owner: 'told-owner',
    Aborted: 'told-aborted',
  } as const;
  if (message !== 'Refused') {
    const next = sourceEvent(state, events[message]);
    return message === 'Owner' || message === 'Aborted' ? closed(next) : next;
  }
  // Refused for good before the seal ends the migration; after it, it settles nothing.
  return closed(sourceEvent(state, state.source.phase === 'paused' ? 'give-up' : 'link-lost'));
}

function closed(state: Handover): Handover {
  return {
    ...state,
    connections: state.connections.map((each) => ({ ...each, atSource: false, toSource: [] })).filter(isOfUse),
  };
}

function lostThere(state: Handover): Handover {
  return destinationEvent(state, 'link-lost') ?? state;
}

/** Links that end, as each end notices in its own time. */
function losses(state: Handover): Next[] {
  const next: Next[] = [];
  for (const [index, { atSource, atDestination, isServed }] of state.connections.entries()) {
    if (atSource) {
      const gone = changed(state, index, () => ({ atSource: false, toSource: [] }));
      next.push({ name: 'source loses the link', state: sourceEvent(gone, 'link-lost'), isFault: atDestination });
    }
    if (!atDestination) continue;
    const gone = changed(state, index, () => ({ atDestination: false, toDestination: [] }));
    // A source that has closed its end is noticed without any fault.
    const name = 'destination loses the link';
    next.push({ name, state: isServed ? lostThere(gone) : gone, isFault: atSource });
  }
  return next;
}

/** kill -9 of either, with as many of its records on disk as there may be, and its next start. */
function crashes(state: Handover): Next[] {
  const next: Next[] = [];
  for (let written = 0; written <= state.source.writing.length; written++) {
    const disk = state.source.writing[written - 1]?.role ?? state.source.disk;
    const isJournaled = state.source.phase !== 'kept';
    const phase = sourceAfterRestart(disk === 'none' ? 'owner' : disk, isJournaled);
    const connections = state.connections.map((each) => ({ ...each, atSource: false, toSource: [] })).filter(isOfUse);
    next.push({
      name: `source dies with ${disk} on disk`,
      state: { ...state, source: { phase, disk, writing: [] }, connections },
      isFault: true,
    });
  }
  for (let written = 0; written <= state.destination.writing.length; written++) {
    const disk = state.destination.writing[written - 1]?.role ?? state.destination.disk;
    const phase = disk === 'none' ? 'paused' : destinationAfterRestart(disk);
    const connections = state.connections.map((each) => ({ ...each, atDestination: false, toDestination: [] }));
    next.push({
      name: `destination dies with ${disk} on disk`,
      state: { ...state, destination: { phase, disk, writing: [] }, connections: connections.filter(isOfUse) },
      isFault: true,
    });
  }
  return next;
}
