import { describe, expect, it } from 'vitest';
import { alternate, pairedRatios, spreadOf } from './alternation.js';
import { type Contender, GuestLost, Refusal, type Run } from './measured.js';

const quiet = (): void => undefined;

function runOf(seconds: number): Run {
  const none = { source: 0, destination: 0 };
  return { seconds, movedBytes: 1e6, cpuSeconds: none, peakMebibytes: none };
}

/** Notes its turns, and answers or throws what it is given for each. */
function contender(name: string, turns: string[], answers: readonly (number | Error)[]): Contender {
  let turn = 0;
  return {
    name,
    run: async () => {
      turns.push(name);
      const answer = answers[turn++ % answers.length] ?? 1;
      if (answer instanceof Error) throw answer;
      return runOf(answer);
    },
  };
}

describe('alternation', () => {
  it('turns the order, so that nobody is always first', async () => {
    const turns: string[] = [];
    const all = ['a', 'b', 'c'].map((name) => contender(name, turns, [1]));
    await alternate(all, 3, quiet);
    expect(turns.join('')).toBe('abcbcacab');
  });

  it('goes on after a failure, but not after two in a row', async () => {
    const turns: string[] = [];
    const failure = new Error('no luck\nand more');
    const all = [contender('now and then', turns, [failure, 1]), contender('never', turns, [failure])];
    const [first, second] = await alternate(all, 4, quiet);
    expect(first?.runs).toHaveLength(2);
    expect(first?.leftOut).toBe('2 of its runs failed, the last one: no luck');
    expect(second).toMatchObject({ runs: [], leftOut: '2 of its runs failed, the last one: no luck' });
    expect(turns.filter((name) => name === 'never')).toHaveLength(2);
  });

  it('takes a refusal for an answer, and names what is not installed', async () => {
    const turns: string[] = [];
    const all = [
      contender('refused', turns, [new Refusal('no such option')]),
      { ...contender('missing', turns, [1]), lacks: 'rsync not installed' },
    ];
    const lines = await alternate(all, 3, quiet);
    expect(turns).toEqual(['refused']);
    expect(lines).toEqual([
      { name: 'refused', runs: [], leftOut: 'no such option' },
      { name: 'missing', runs: [], leftOut: 'rsync not installed' },
    ]);
  });

  it('counts the wire once for one that does not say it itself', async () => {
    let counted = 0;
    const silent = { ...contender('silent', [], [1]), countWire: async () => (counted += 500) };
    const [line] = await alternate([silent], 3, quiet);
    expect(line?.runs.map(({ wireBytes }) => wireBytes)).toEqual([500, 500, 500]);
  });

  it('keeps the runs when the wire cannot be counted, and says why', async () => {
    const countWire = async () => Promise.reject(new Error('no proxy\nand more'));
    const [line] = await alternate([{ ...contender('silent', [], [1]), countWire }], 2, quiet);
    expect(line?.runs).toHaveLength(2);
    expect(line?.wireUncounted).toBe('no proxy');
  });

  it('gives one that loses its guest the same turn again, counts it and says it', async () => {
    const [turns, said]: [string[], string[]] = [[], []];
    const lost = new GuestLost('a panic\nand more');
    const all = [contender('a', turns, [1]), contender('b', turns, [2, lost, lost, 3])];
    const [first, second] = await alternate(all, 2, (line) => said.push(line));
    expect(turns.join('')).toBe('abbbba');
    expect(first?.lost).toBeUndefined();
    expect(second?.runs.map(({ seconds }) => seconds)).toEqual([2, 3]);
    expect(second).toMatchObject({ lost: { guests: 2, reason: 'a panic' } });
    expect(second?.leftOut).toBeUndefined();
    expect(said.filter((line) => line === '  b: GUEST LOST: a panic')).toHaveLength(2);
  });

  it('has enough of one that loses every guest', async () => {
    const turns: string[] = [];
    const [line] = await alternate([contender('never', turns, [new GuestLost('a panic')])], 3, quiet);
    expect(turns).toHaveLength(20);
    expect(line).toMatchObject({
      runs: [],
      lost: { guests: 20 },
      leftOut: '1 of its runs failed, the last one: a panic',
    });
  });

  it('pairs runs of one round', () => {
    const ours = { name: 'ours', runs: [runOf(1), runOf(2)] };
    const theirs = { name: 'theirs', runs: [runOf(2), runOf(8)] };
    const ratios = pairedRatios(ours, theirs, ({ seconds }) => 1 / seconds);
    expect(ratios).toEqual([2, 4]);
    expect(spreadOf(ratios, 1)).toBe('2.0 (2.0 to 4.0)');
    expect(spreadOf([Number.NaN])).toBe('-');
  });
});
