import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameNumber, type FrameWatcher } from '../harness/frameTap.js';
import type { MigrationView } from '../harness/migrationView.js';
import type { TcpProxy } from '../harness/tcpProxy.js';
import { CasePair } from './casePair.js';

const SIZE_BYTES = 6 * 1024 * 1024;

/** Where a migration stands when its link is struck: the first frame of this type, or the one that is told by its number. */
const STATES = [
  'Offer',
  'Accept',
  'Extent',
  'Ack',
  'RoundEnd',
  'RoundSynced',
  'Check',
  'Prepare',
  'Prepared',
  'Commit',
  'Taken',
] as const;
type State = (typeof STATES)[number];

/** What a link does at that moment. */
const STRIKES = ['truncate', 'duplicate', 'delay', 'stall', 'half-open'] as const;
type Strike = (typeof STRIKES)[number];

/** How it has to end, where only one end is right. */
function endOf(state: State, strike: Strike): readonly MigrationView['state'][] {
  const isLost = strike === 'truncate' || strike === 'stall';
  // There is no link yet that could be made anew: who asked for the move is told at once.
  if (isLost && (state === 'Offer' || state === 'Accept')) return ['failed'];
  // COMMIT is never said twice: a destination that has not heard it gives up when it is asked.
  if (state === 'Commit' && isLost) return ['failed'];
  if (state === 'Taken') return ['completed'];
  if (isLost) return ['completed'];
  // A peer that says things twice, or out of turn, or nothing more in one direction, is refused or found out.
  return ['completed', 'failed'];
}

describe('a link that, at a certain frame,', () => {
  let pair: CasePair;
  const nameOf = (state: State, strike: Strike) => `${state}-${strike}`.toLowerCase();
  const names = STATES.flatMap((state) => STRIKES.map((strike) => nameOf(state, strike)));

  beforeAll(async () => {
    pair = await CasePair.make([...names, 'replayed'], SIZE_BYTES);
  });
  afterAll(() => pair.close());

  for (const state of STATES) {
    for (const strike of STRIKES) {
      it.concurrent(`${state}: ${strike}`, async ({ expect, onTestFailed }) => {
        onTestFailed(() => console.error(pair.stage.output()));
        let strikes = 0;
        let proxy: TcpProxy | undefined;
        const watch: FrameWatcher = ({ type, connection, direction }) => {
          if (type !== FrameNumber[state] || strikes > 0) return 'pass';
          strikes += 1;
          if (strike !== 'stall' && strike !== 'half-open') return strike;
          // Those that come later find the network mended.
          const before = proxy?.connections ?? 0;
          if (strike === 'stall') proxy?.stall((other) => other < before);
          else proxy?.stall((other, way) => other === connection && way === direction);
          return 'pass';
        };
        const { state: end } = await pair.move(nameOf(state, strike), { watch }, (made) => {
          proxy = made;
        });
        expect(strikes).toBe(1);
        expect(endOf(state, strike)).toContain(end);
      });
    }
  }

  it('has each of its connections played again by somebody who has heard them moves the image all the same', async () => {
    const heard = new Map<number, Buffer[]>();
    const replays: Promise<void>[] = [];
    const replay = (port: number) => {
      for (const parts of heard.values()) {
        const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat(parts)));
        socket.resume();
        const connected = new Promise((resolve) => socket.once('connect', resolve));
        const closed = new Promise<void>((resolve) =>
          socket.once('close', () => resolve()).on('error', () => resolve()),
        );
        replays.push(connected.then(() => closed));
      }
    };
    let proxy: TcpProxy | undefined;
    const { state } = await pair.move(
      'replayed',
      {
        record: (part, direction, connection) => {
          if (direction === 'toDestination') heard.set(connection, [...(heard.get(connection) ?? []), part]);
        },
        watch: ({ type }) => {
          if (type === FrameNumber.RoundEnd || type === FrameNumber.Prepare) replay(pair.destination.plan.port ?? 0);
          return 'pass';
        },
      },
      (made) => {
        proxy = made;
      },
    );
    expect(proxy?.connections).toBeGreaterThan(1);
    expect(replays.length).toBeGreaterThan(3);
    // Each came to the destination, and was turned away.
    await Promise.all(replays);
    expect(state).toBe('completed');
  });
});
