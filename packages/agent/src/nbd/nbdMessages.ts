import type { ImageHandle } from '@godwit/image';
import type { AnsweredRequest, Farewell } from '@godwit/nbd';
import type { NbdTls } from '../config/tlsOptions.js';

/** How a thread serves; its first message. The key of a certificate comes this way, never by a file's name. */
export interface NbdStart {
  readonly type: 'start';
  readonly tls: NbdTls;
  /** A client that asks for an export that is not there waits for it. */
  readonly wait: boolean;
  readonly farewell: Farewell;
  /** Its clients read an image that is whole here and not owned yet. */
  readonly seesPrepared?: boolean;
  /** Folder for a scratch image, where the thread is to try its own path before an awaited export is served. */
  readonly warmUpIn?: string;
}

/** What a thread writes of an export and the main thread reads: ExportCounters and HeldTurns. */
interface SharedWithMain {
  readonly counters: SharedArrayBuffer;
  readonly held: SharedArrayBuffer;
}

/**
 * Main thread to NBD thread. `add` is sent before a connection that may ask for the export, on the same port,
 * so it is always known in time. An export that is awaited is there for nobody until its gate opens for the first time.
 */
export type NbdOrder =
  | NbdStart
  | { readonly type: 'renew'; readonly tls: NbdTls }
  | ({ readonly type: 'add'; readonly handle: ImageHandle; readonly isAwaited: boolean } & SharedWithMain)
  | { readonly type: 'withdraw'; readonly name: string; readonly order: number }
  | { readonly type: 'adopt'; readonly fd: number; readonly connection: number }
  | { readonly type: 'close'; readonly order: number };

/** An image's storage refuses requests; told once a minute at most by each thread. */
export interface Failure {
  readonly image: string;
  readonly request: AnsweredRequest['kind'];
  /** As the client was answered. */
  readonly errno: number;
}

/** NBD thread to main thread. `adopted`: the descriptor is the thread's from here on. `done`: of the order of that number. */
export type NbdReport =
  | { readonly type: 'adopted'; readonly connection: number }
  | { readonly type: 'ended'; readonly connection: number; readonly reason: string | undefined }
  | { readonly type: 'failing'; readonly failure: Failure }
  | { readonly type: 'done'; readonly order: number; readonly problem: string | undefined };
