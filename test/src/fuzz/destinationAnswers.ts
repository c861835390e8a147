/** A fuzzer of a source: a destination that answers well but for some answers. */
import fc from 'fast-check';
import { ANY_FRAMES } from './anyFrames.js';
import { anyDamages, damaged } from './damage.js';
import { fuzzTarget } from './fuzzTarget.js';
import type { Deed, Mischief } from './hostileDestination.js';
import { SourceUnderAttack } from './movedBy.js';

type Deviation = (answer: Buffer) => Deed;

const anyDeviation: fc.Arbitrary<Deviation> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Deviation>(() => ({ send: [] })) },
  { weight: 2, arbitrary: fc.constant<Deviation>((answer) => ({ send: [answer, answer] })) },
  { weight: 2, arbitrary: fc.constant<Deviation>((answer) => ({ send: [answer], hangsUp: true })) },
  { weight: 1, arbitrary: fc.constant<Deviation>(() => ({ send: [], hangsUp: true })) },
  {
    weight: 6,
    arbitrary: anyDamages(2).map(
      (damages): Deviation =>
        (answer) => ({ send: [damaged(answer, damages)] }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...ANY_FRAMES), fc.constantFrom('before', 'instead', 'behind')).map(
      ([frame, place]): Deviation =>
        (answer) => {
          const others = { before: [frame, answer], instead: [frame], behind: [answer, frame] };
          return { send: others[place] };
        },
    ),
  },
);

const anyMischief: fc.Arbitrary<Mischief> = fc
  .array(fc.tuple(fc.nat(40), anyDeviation), { minLength: 1, maxLength: 3 })
  .map((deviations) => {
    const byIndex = new Map(deviations);
    return (index, _, answer) => byIndex.get(index)?.(answer);
  });

export const destinationAnswers = fuzzTarget({
  name: 'destination-answers',
  inputs: 15,
  share: 1,
  arbitrary: fc.tuple(anyMischief, fc.constantFrom(0, 0, 300), fc.constantFrom('full' as const, 'wire' as const)),
  expected: ['completed', 'failed'],
  open: async () => {
    const attacked = await SourceUnderAttack.open();
    return {
      close: () => attacked.close(),
      tryOne: async ([mischief, patienceMs, verify]) => (await attacked.move(mischief, { patienceMs, verify })).state,
    };
  },
});
