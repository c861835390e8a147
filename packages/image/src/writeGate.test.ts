import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnOfTheLoop, until } from './testing/threads.js';
import { GateState, type GateStateName, WriteGate } from './writeGate.js';

/** Whether a promise has resolved, as far as one can see. */
function watched(promise: Promise<void>): { done: boolean } {
  const state = { done: false };
  void promise.then(() => (state.done = true));
  return state;
}

/** Long enough for whatever a leave woke to be seen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await turnOfTheLoop();
}

function enter(gate: WriteGate): 0 | 1 {
  const turn = gate.tryEnter();
  if (turn === -1) throw new Error('the gate is not open');
  return turn;
}

describe('the write gate', () => {
  it('lets writers in only while it is open', () => {
    const gate = WriteGate.create();
    const closers: [GateStateName, () => void][] = [
      ['closed', () => gate.close()],
      ['refusing', () => gate.refuse()],
      ['moved', () => gate.move()],
      ['sealed', () => gate.seal()],
    ];
    for (const [name, close] of closers) {
      close();
      expect([gate.state, gate.tryEnter()]).toEqual([GateState[name], -1]);
      gate.open();
      gate.leave(enter(gate));
    }
  });

  it('of zeroed memory is no state, and lets nobody in', () => {
    const gate = WriteGate.attach(new SharedArrayBuffer(16));
    expect(Object.values(GateState)).not.toContain(gate.state);
    expect(gate.tryEnter()).toBe(-1);
  });

  it('is drained when the last writer of either turn has left', async () => {
    const gate = WriteGate.create();
    const early = enter(gate);
    const quiet = watched(gate.quiesce());
    await settle();
    const late = enter(gate);
    expect(late).not.toBe(early);
    gate.close();
    const drained = watched(gate.drained());
    gate.leave(early);
    await until('the grace period', () => quiet.done);
    await settle();
    expect(drained.done).toBe(false);
    gate.leave(late);
    await until('the drained gate', () => drained.done);
  });

  it('quiesces for those who were inside, not for later ones', async () => {
    const gate = WriteGate.create();
    const before = [enter(gate), enter(gate)];
    const quiet = watched(gate.quiesce());
    await settle();
    const later = enter(gate);
    gate.leave(before[0] ?? 0);
    await settle();
    expect(quiet.done).toBe(false);
    gate.leave(before[1] ?? 0);
    await until('the grace period', () => quiet.done);
    gate.leave(later);
  });

  it('tells those who wait of every other state', async () => {
    const gate = WriteGate.create();
    const changes = [() => gate.open(), () => gate.refuse(), () => gate.move(), () => gate.seal()];
    for (const change of changes) {
      gate.close();
      const waits = [watched(gate.changed(GateState.closed)), watched(gate.changed(GateState.closed))];
      gate.close();
      await settle();
      expect(waits.some((wait) => wait.done)).toBe(false);
      change();
      await until('those who wait', () => waits.every((wait) => wait.done));
    }
  });

  it('drains, however often it is closed and opened', async () => {
    const gate = WriteGate.create();
    for (let i = 0; i < 200; i++) {
      const turn = enter(gate);
      gate.close();
      const drained = gate.drained();
      gate.leave(turn);
      await drained;
      gate.open();
      if (i % 3 === 0) await gate.quiesce();
    }
  });
});

/** The gate beside what it promises; `inside` and each grace period's set hold numbers of writers. */
class Model {
  readonly gate = WriteGate.create();
  readonly inside = new Map<number, 0 | 1>();
  /** In the order of the calls; `waitsFor` is known once the one before has ended. */
  readonly quiescing: { waitsFor: Set<number>; began: boolean; seen: { done: boolean } }[] = [];
  readonly draining: { waitsFor: Set<number>; seen: { done: boolean } }[] = [];
  #next = 0;

  do(action: string, choice: number): void {
    const { gate } = this;
    if (action === 'enter') this.#enter();
    else if (action === 'leave') this.#leave(choice);
    else if (action === 'quiesce') {
      this.quiescing.push({ waitsFor: new Set(this.inside.keys()), began: false, seen: watched(gate.quiesce()) });
    } else if (action === 'drained') {
      this.draining.push({ waitsFor: new Set(this.inside.keys()), seen: watched(gate.drained()) });
    } else if (action === 'close') gate.close();
    else gate.open();
  }

  #enter(): void {
    const isOpen = this.gate.state === GateState.open;
    const turn = this.gate.tryEnter();
    expect(turn !== -1).toBe(isOpen);
    if (turn !== -1) this.inside.set(this.#next++, turn);
  }

  #leave(choice: number): void {
    const writer = [...this.inside.keys()][choice % Math.max(1, this.inside.size)];
    if (writer === undefined) return;
    this.gate.leave(this.inside.get(writer) ?? 0);
    this.inside.delete(writer);
  }

  /** Waits for what must have resolved by now, and looks that nothing else has. */
  async check(): Promise<void> {
    const isInside = (writer: number) => this.inside.has(writer);
    for (const period of this.quiescing) {
      // One that waits for its turn may also wait for those who came until then.
      if (!period.began) period.waitsFor = new Set(this.inside.keys());
      period.began = true;
      if ([...period.waitsFor].some(isInside)) break;
      await until('a grace period', () => period.seen.done);
    }
    if (this.inside.size === 0) await until('the drained gate', () => this.draining.every(({ seen }) => seen.done));
    await settle();
    for (const { waitsFor, seen } of [...this.quiescing, ...this.draining]) {
      if ([...waitsFor].some(isInside)) expect(seen.done).toBe(false);
    }
  }
}

describe('the write gate, whatever happens in whatever order', () => {
  it('keeps what it promises to writers, closers and those who quiesce', async () => {
    const action = fc.constantFrom('enter', 'enter', 'enter', 'leave', 'leave', 'quiesce', 'drained', 'close', 'open');
    const property = fc.asyncProperty(fc.array(fc.tuple(action, fc.nat(7)), { maxLength: 40 }), async (actions) => {
      const model = new Model();
      for (const [name, choice] of actions) {
        model.do(name, choice);
        await model.check();
      }
      while (model.inside.size > 0) model.do('leave', 0);
      await model.check();
      expect(model.quiescing.every(({ seen }) => seen.done)).toBe(true);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
