import type { EventLog, ForcedOwner, MigrationRequest, MigrationStore, MigrationView } from '@godwit/agent';
import type { IncomingMigrations } from '@godwit/dest-agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { Migrations } from '@godwit/source-agent';

type Common = 'list' | 'view' | 'events' | 'cancel' | 'resolve';
type Outgoing = Pick<Migrations, Common | 'start' | 'cutover'>;
type Incoming = Pick<IncomingMigrations, Common>;

/** The migrations of an agent with both roles, out of here and into it, each known by its id. */
export class HostMigrations implements MigrationStore {
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #judge: (request: MigrationRequest) => void;

  /** `judge` throws what is wrong with a request here, before the sending side sees it. */
  constructor(outgoing: Outgoing, incoming: Incoming, judge: (request: MigrationRequest) => void) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#judge = judge;
  }

  /** In the order in which they began. */
  list(): MigrationView[] {
    const all = [...this.#outgoing.list(), ...this.#incoming.list()];
    return all.sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
  }

  view(id: string): MigrationView {
    return this.#of(id).view(id);
  }

  events(id: string): EventLog {
    return this.#of(id).events(id);
  }

  async start(request: MigrationRequest): Promise<{ id: string }> {
    this.#judge(request);
    return this.#outgoing.start(request);
  }

  async cutover(id: string): Promise<void> {
    if (this.#isOutgoing(id)) return this.#outgoing.cutover(id);
    const { state } = this.#incoming.view(id);
    throw new GodwitError('E_TOO_LATE', { id, state, action: 'cut over here: it comes in, and its source decides' });
  }

  cancel(id: string): Promise<void> {
    return this.#of(id).cancel(id);
  }

  resolve(id: string, forceOwner: ForcedOwner | undefined): Promise<void> {
    return this.#of(id).resolve(id, forceOwner);
  }

  #of(id: string): Outgoing | Incoming {
    return this.#isOutgoing(id) ? this.#outgoing : this.#incoming;
  }

  #isOutgoing(id: string): boolean {
    try {
      this.#outgoing.events(id);
      return true;
    } catch (thrown) {
      if (toGodwitError(thrown).code === 'E_NOT_FOUND') return false;
      throw thrown;
    }
  }
}
