/**
 * Image bytes over HTTP: step 1 of a byte's path. Called by clients that write through the intercept;
 * calls the agent's ByteStore. A body's buffer is ours until the store has answered.
 */
import type { Readable } from 'node:stream';
import { GodwitError } from '@godwit/errors';
import { Type } from '@godwit/schema';
import type { ImageStore } from '../images/imageStore.js';
import type { Api } from './api.js';
import { checkRange } from './checkRange.js';
import { EMPTY_RESPONSES, ERROR_RESPONSES } from './errorReply.js';
import { IncomingBytes, MAX_BYTES_PER_CALL } from './incomingBytes.js';
import { openRange } from './outgoingBytes.js';
import { integerParameter, readInteger } from './queryInteger.js';

const PATH = '/v1/images/:name/bytes';
const NO_CONTENT = 204;

const ImageParams = Type.Object({ name: Type.String() });
const ReadQuery = Type.Object({
  offset: Type.Optional(integerParameter('default 0')),
  length: Type.Optional(integerParameter('default: to the end of the image, at most 16 MiB')),
});
const Content = {
  description: 'the bytes',
  content: { 'application/octet-stream': { schema: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) } },
};
const Body = Type.Unsafe<unknown>({ type: 'string', format: 'binary', description: 'at most 16 MiB' });
const WriteQuery = Type.Object({ offset: Type.Optional(integerParameter('default 0')) });

export function registerBytesRoutes(app: Api, store: ImageStore, incoming = new IncomingBytes()): void {
  registerRead(app, store);
  // A scope of its own: here every content type is bytes, elsewhere only JSON is taken.
  app.register(async (scope: Api) => registerWrite(scope, store, incoming));
}

function registerRead(app: Api, store: ImageStore): void {
  const schema = {
    tags: ['images'],
    summary: 'Read bytes',
    params: ImageParams,
    querystring: ReadQuery,
  };
  app.get(PATH, { schema: { ...schema, response: { 200: Content, ...ERROR_RESPONSES } } }, async (request, reply) => {
    const bytes = store.bytes(request.params.name);
    const offset = readInteger('offset', request.query.offset, 0);
    const rest = Math.min(Math.max(0, bytes.size - offset), MAX_BYTES_PER_CALL);
    const length = readInteger('length', request.query.length, rest);
    if (length > MAX_BYTES_PER_CALL) {
      throw new GodwitError('E_TOO_LARGE', {
        what: 'length',
        value: length,
        limit: `${MAX_BYTES_PER_CALL} bytes a call`,
      });
    }
    checkRange(bytes, offset, length);
    const stream = await openRange(bytes, offset, length);
    reply.type('application/octet-stream').header('content-length', length);
    return reply.send(stream);
  });
}

function registerWrite(scope: Api, store: ImageStore, incoming: IncomingBytes): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', async (_request: unknown, payload: Parameters<IncomingBytes['receive']>[0]) =>
    incoming.receive(payload),
  );
  const schema = {
    tags: ['images'],
    summary: 'Write bytes',
    params: ImageParams,
    querystring: WriteQuery,
    body: Body,
    consumes: ['application/octet-stream'],
  };
  scope.put(
    PATH,
    {
      schema: { ...schema, response: EMPTY_RESPONSES },
      // The schema documents; the offset is judged before the body is received, and any body will do.
      validatorCompiler: () => () => true,
      onRequest: async (request, reply) => {
        // What can be refused is refused before room is taken and a byte is received.
        store.bytes(request.params.name);
        readInteger('offset', request.query.offset, 0);
        await incoming.reserve(request.params.name, request.raw, reply.raw);
      },
    },
    async (request, reply) => {
      const { body } = request;
      const data = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const offset = readInteger('offset', request.query.offset, 0);
      await incoming.whileWriting(request.raw, async () => {
        const bytes = store.bytes(request.params.name);
        checkRange(bytes, offset, data.length);
        await bytes.write(offset, data);
      });
      return reply.code(NO_CONTENT).send();
    },
  );
}
