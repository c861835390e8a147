import type { MigrationState, MigrationView } from '@godwit/agent';

/** Who may write, in plain words: the question behind every look at a migration. */
export function ownerInWords(view: MigrationView): string {
  switch (view.state) {
    case 'completed':
      return 'the destination owns and serves';
    case 'outcome-unknown':
      return view.role === 'source'
        ? 'not known yet: the source has given up ownership and asks the destination whether it took over'
        : 'not known here: all of it has arrived, and whether to serve it is the word of the source, which may own';
    case 'switchover':
      return 'the source, which is handing over';
    default:
      return 'the source owns and goes on';
  }
}

const STATES: Readonly<Record<MigrationState, string>> = {
  setup: 'agreeing with the destination',
  active: 'copying while the workload writes',
  'pre-switchover': 'ready; waits for `godwit cutover`',
  switchover: 'handing over; writes wait',
  completed: 'done',
  cancelling: 'ending; the source goes on',
  cancelled: 'nothing was handed over',
  failed: 'nothing was handed over',
  paused: 'waits for the link',
  'outcome-unknown': 'the link was lost in the switch',
};

/** What a state means, for who has not read the documentation. */
export function stateInWords(view: MigrationView): string {
  if (view.state === 'active' && view.mode === 'cold') return 'copying; writes are refused until it has arrived';
  return STATES[view.state];
}

/** What an operator may do about it, as far as there is anything; for who reads this in the middle of the night. */
export function adviceInWords({ id, role, state }: MigrationView): string | undefined {
  const isSource = role === 'source';
  switch (state) {
    case 'pre-switchover':
      return isSource ? `\`godwit cutover ${id}\` switches, \`godwit cancel ${id}\` ends it` : undefined;
    case 'paused':
      return isSource
        ? `nothing: the link is tried again by itself; \`godwit cancel ${id}\` ends it, and the source goes on`
        : 'nothing: its source tries again by itself; cancelled here, what was received is let go';
    case 'outcome-unknown':
      return isSource
        ? `bring the destination back: it is asked again and again, and at once by \`godwit resolve ${id}\`. Only if it is gone for ever: --force-owner source`
        : `bring the source back: it asks by itself. Only if it is gone for ever: \`godwit resolve ${id} --force-owner destination\``;
    default:
      return undefined;
  }
}

/** `vm0`, `vm0 and disk1`, `vm0, disk1 and 3 more`. */
export function namesInWords(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return 'nothing';
  if (second === undefined) return first;
  if (names.length === 2) return `${first} and ${second}`;
  return `${first}, ${second} and ${names.length - 2} more`;
}

/** `1 round`, `2 rounds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
