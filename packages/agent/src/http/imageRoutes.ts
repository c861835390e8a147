/** Images over HTTP: what there is, open and close, and the write-intercept calls without a body of bytes. */
import { Type } from '@godwit/schema';
import { checkBlockBytes } from '../images/blockBytes.js';
import { checkImageName } from '../images/imageName.js';
import { ImageKindSchema, type ImageStore, ImageViewSchema } from '../images/imageStore.js';
import type { Api } from './api.js';
import { registerBytesRoutes } from './bytesRoutes.js';
import { checkRange } from './checkRange.js';
import { EMPTY_RESPONSES, ERROR_RESPONSES } from './errorReply.js';

const CREATED = 201;
const NO_CONTENT = 204;
const tags = ['images'];

const ImageParams = Type.Object({ name: Type.String() });
const wholeBytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const RangeBody = Type.Object({ offset: wholeBytes, length: wholeBytes }, { additionalProperties: false });
const DirtyBody = Type.Object({ ranges: Type.Array(RangeBody) }, { additionalProperties: false });
const OpenBody = Type.Object(
  {
    name: Type.String(),
    path: Type.String({ minLength: 1 }),
    kind: Type.Optional(ImageKindSchema),
    blockSize: Type.Optional(Type.Integer({ description: 'bytes, a power of two from 4096 to 1048576' })),
  },
  { additionalProperties: false },
);

/** Adds every /v1/images call that `store` offers. */
export function registerImageRoutes(app: Api, store: ImageStore): void {
  registerViews(app, store);
  registerOpening(app, store);
  registerIntercept(app, store);
  registerBytesRoutes(app, store);
}

function registerViews(app: Api, store: ImageStore): void {
  app.get(
    '/v1/images',
    { schema: { tags, summary: 'All images', response: { 200: Type.Array(ImageViewSchema), ...ERROR_RESPONSES } } },
    async () => store.list(),
  );
  app.get(
    '/v1/images/:name',
    {
      schema: {
        tags,
        summary: 'One image',
        params: ImageParams,
        response: { 200: ImageViewSchema, ...ERROR_RESPONSES },
      },
    },
    async (request) => store.view(request.params.name),
  );
}

function registerOpening(app: Api, store: ImageStore): void {
  if (store.open !== undefined) {
    const open = store.open.bind(store);
    app.post(
      '/v1/images',
      {
        schema: {
          tags,
          summary: 'Open an image',
          body: OpenBody,
          response: { 201: ImageViewSchema, ...ERROR_RESPONSES },
        },
      },
      async (request, reply) => {
        const { name, path, kind = 'disk', blockSize } = request.body;
        checkImageName(name);
        if (blockSize !== undefined) checkBlockBytes(blockSize, 'blockSize');
        const view = await open({ name, path, kind, ...(blockSize === undefined ? {} : { blockBytes: blockSize }) });
        return reply.code(CREATED).header('location', `/v1/images/${name}`).send(view);
      },
    );
  }
  if (store.close !== undefined) {
    const close = store.close.bind(store);
    app.delete(
      '/v1/images/:name',
      { schema: { tags, summary: 'Close an image; its file stays', params: ImageParams, response: EMPTY_RESPONSES } },
      async (request, reply) => {
        await close(request.params.name);
        return reply.code(NO_CONTENT).send();
      },
    );
  }
}

function registerIntercept(app: Api, store: ImageStore): void {
  const base = { tags, params: ImageParams, response: EMPTY_RESPONSES };
  app.post(
    '/v1/images/:name/zero',
    { schema: { ...base, summary: 'Write zeroes', body: RangeBody } },
    async (request, reply) => {
      await store.bytes(request.params.name).writeZeroes(request.body.offset, request.body.length);
      return reply.code(NO_CONTENT).send();
    },
  );
  app.post(
    '/v1/images/:name/discard',
    { schema: { ...base, summary: 'Give space back; reads as zeroes', body: RangeBody } },
    async (request, reply) => {
      await store.bytes(request.params.name).discard(request.body.offset, request.body.length);
      return reply.code(NO_CONTENT).send();
    },
  );
  app.post(
    '/v1/images/:name/flush',
    { schema: { ...base, summary: 'Put acknowledged writes on disk' } },
    async (request, reply) => {
      await store.bytes(request.params.name).flush();
      return reply.code(NO_CONTENT).send();
    },
  );
  app.post(
    '/v1/images/:name/dirty',
    { schema: { ...base, summary: 'Mark ranges that were written past the agent', body: DirtyBody } },
    async (request, reply) => {
      const bytes = store.bytes(request.params.name);
      const { ranges } = request.body;
      for (const { offset, length } of ranges) checkRange(bytes, offset, length);
      for (const { offset, length } of ranges) await bytes.markDirty(offset, length);
      return reply.code(NO_CONTENT).send();
    },
  );
}
