import fc from 'fast-check';
import { encodeInfoRequest, encodeMetaContextRequest, encodeOption, encodeRequest } from '../clientCodec.js';
import { Command, Option, REQUEST_BYTES } from '../constants.js';

const uint16 = fc.nat(0xffff);
const uint32 = fc.nat(0xffff_ffff);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const cookie = { cookieHigh: uint32, cookieLow: uint32 };

const write = fc
  .record({
    flags: uint16,
    command: fc.constant(Command.write),
    ...cookie,
    offset: fc.maxSafeNat(),
    payload: bytes(300),
  })
  .map((request) => ({ ...request, length: request.payload.length }));

const other = fc.record({
  flags: uint16,
  command: uint16.filter((command) => command !== Command.write),
  ...cookie,
  offset: fc.maxSafeNat(),
  length: uint32,
  payload: fc.constant(undefined),
});

/** A request as the parser gives it. */
export const anyRequest = fc.oneof(write, other);

export type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer T> ? T : never;

export function bytesOfRequest(request: AnyRequest): Buffer {
  const head = Buffer.alloc(REQUEST_BYTES);
  encodeRequest(head, 0, request);
  return Buffer.concat([head, request.payload ?? Buffer.alloc(0)]);
}

const name = fc.constantFrom('disk0', 'disk1', '', 'gone', 'é'.repeat(20));
const query = fc.constantFrom('base:', 'base:allocation', 'qemu:', 'qemu:dirty-bitmap:', 'x-ours:');
const infoRequest = fc
  .tuple(name, fc.array(fc.nat(5), { maxLength: 6 }))
  .map(([of, infos]) => encodeInfoRequest(of, infos));
const metaContextRequest = fc
  .tuple(name, fc.array(query, { maxLength: 4 }))
  .map(([of, queries]) => encodeMetaContextRequest(of, queries));

/** An option and its data: well-formed ones of all kinds, and any. */
export const anyOption = fc.oneof(
  fc.tuple(fc.constantFrom(Option.info, Option.go), infoRequest),
  fc.tuple(fc.constantFrom(Option.listMetaContext, Option.setMetaContext), metaContextRequest),
  fc.tuple(fc.constantFrom(Option.structuredReply, Option.startTls, Option.list), fc.constant(Buffer.alloc(0))),
  fc.tuple(fc.nat(12), bytes(40)),
  fc.tuple(uint32, bytes(200)),
);

/** A stream of some messages, and what was done to its bytes: overwritten, left out, put in. */
export function mutated(stream: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const mutation = fc.record({
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    removed: fc.nat(6),
    put: fc.oneof(bytes(6), fc.constant(Buffer.alloc(4, 0xff)), fc.constant(Buffer.alloc(4))),
  });
  return fc.tuple(stream, fc.array(mutation, { maxLength: 4 })).map(([original, mutations]) => {
    let result = original;
    for (const { place, removed, put } of mutations) {
      const at = Math.floor(place * result.length);
      result = Buffer.concat([result.subarray(0, at), put, result.subarray(at + removed)]);
    }
    return result;
  });
}

export const anyOptionStream = fc
  .array(anyOption, { maxLength: 12 })
  .map((options) => Buffer.concat(options.map(([option, data]) => encodeOption(option, data))));

export const anyRequestStream = fc
  .array(anyRequest, { maxLength: 12 })
  .map((requests) => Buffer.concat(requests.map(bytesOfRequest)));

/** No stream of any kind. */
export const anyBytes = bytes(600);
