import { describe, expect, it } from 'vitest';
import { checkTransition, type OwnerRecord, type OwnerRole } from './records.js';

const ROLES: readonly OwnerRole[] = ['owner', 'sealed', 'released', 'incoming', 'prepared', 'aborted'];

/** Every change that is permitted; written anew from engine.md 3, not taken from the source. */
const PERMITTED = new Set([
  'none>owner',
  'none>incoming',
  'none>aborted', // asked for an image that never came
  'owner>owner',
  'owner>sealed',
  'sealed>owner',
  'sealed>released',
  'released>incoming',
  'incoming>incoming',
  'incoming>prepared',
  'incoming>aborted',
  'prepared>owner',
  'prepared>aborted',
  'prepared>incoming',
  'aborted>incoming',
  'aborted>aborted',
]);

function record(role: OwnerRole, epoch: number): OwnerRecord {
  const rest = { kind: 'disk', blockBytes: 65_536, migration: 'm-1', location: '', peer: '' } as const;
  return { name: 'vm', path: '/vm', role, epoch, fence: epoch, file: '', offeredBy: '', ...rest };
}

const pairs = ([...ROLES, 'none'] as const).flatMap((before) => ROLES.map((after) => ({ before, after })));

describe('a change of ownership', () => {
  it.each(pairs)('$before > $after is permitted or E_NOT_OWNER, at any epoch', ({ before, after }) => {
    const old = before === 'none' ? undefined : record(before, 5);
    const isPermitted = PERMITTED.has(`${before}>${after}`);
    // To a higher epoch every permitted change may go.
    for (const epoch of isPermitted ? [6, 7] : [4, 5, 6]) {
      const check = () => checkTransition(old, record(after, epoch));
      if (isPermitted) expect(check).not.toThrow();
      else expect(check).toThrow(expect.objectContaining({ code: 'E_NOT_OWNER' }));
    }
  });

  it.each(pairs.filter(({ before, after }) => PERMITTED.has(`${before}>${after}`)))(
    '$before > $after never lets the epoch fall',
    ({ before, after }) => {
      if (before === 'none') return expect(() => checkTransition(undefined, record(after, 0))).not.toThrow();
      const parameters = { name: 'vm', current: 5, offered: 4 };
      const tooOld = expect.objectContaining({ code: 'E_OLD_EPOCH', parameters });
      return expect(() => checkTransition(record(before, 5), record(after, 4))).toThrow(tooOld);
    },
  );

  it('takes PREPARED back for the same migration alone', () => {
    const other = { ...record('incoming', 6), migration: 'm-2' };
    const taken = () => checkTransition(record('prepared', 5), other);
    expect(taken).toThrow(expect.objectContaining({ code: 'E_NOT_OWNER' }));
  });

  it('keeps the epoch where the role is not gained anew', () => {
    for (const [before, after] of [
      ['owner', 'sealed'],
      ['sealed', 'owner'],
      ['prepared', 'owner'],
    ] as const) {
      expect(() => checkTransition(record(before, 5), record(after, 5))).not.toThrow();
    }
    const never = { ...record('aborted', 5), fence: 0 };
    expect(() => checkTransition(never, { ...record('incoming', 2), fence: 0 })).not.toThrow();
    // What was let go comes back with a higher epoch or not at all.
    const again = () => checkTransition(record('released', 5), record('incoming', 5));
    expect(again).toThrow(expect.objectContaining({ code: 'E_OLD_EPOCH' }));
  });
});
