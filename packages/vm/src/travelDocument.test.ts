import { expect, it } from 'vitest';
import { manifestWith } from './testing/manifest.js';
import { formatSurvey, formatTravel, parseSurvey, parseTravel } from './travelDocument.js';

const travel = { manifest: manifestWith(), running: true, mapNics: { br0: 'lan' } };
const question = { travel, cpuFlags: ['sse2'], diskBytes: { root: 7 }, markers: [] };

it('says of a machine at the other end what was said here', () => {
  expect(parseTravel(formatTravel(travel))).toEqual(travel);
  expect(parseSurvey(formatSurvey(question))).toEqual(question);
});

it.each(['', '{', '{}', '[]', '{"manifest":"{}","running":true,"mapNics":{}}', '{"running":1}'])(
  'refuses %j by name',
  (document) => {
    for (const parse of [parseTravel, parseSurvey]) {
      expect(() => parse(document)).toThrow(expect.objectContaining({ name: 'GodwitError' }));
    }
  },
);

it.each(['/tmp/evil', '../qemu-system-x86_64', 'sh', 'qemu-system-x86_64;sh', ''])(
  'runs no %j because a peer would like it',
  (binary) => {
    const document = JSON.stringify({
      ...travel,
      manifest: JSON.stringify({ ...travel.manifest, qemu: { binary, args: [] } }),
    });
    expect(() => parseTravel(document)).toThrow(expect.objectContaining({ name: 'GodwitError' }));
  },
);
