import type {
  Arrival,
  DepartureContext,
  DestinationWorkload,
  IncomingWorkloads,
  Logger,
  SourceWorkload,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import type { VmManifest } from '@godwit/qemu';
import { assertIsItsOwn, assertMakesWay } from './collisions.js';
import { Departure } from './departure.js';
import { GuestArrival } from './guestArrival.js';
import type { GuestExports } from './guestExports.js';
import { type Guests, QEMU_GUESTS, type StartHow } from './guests.js';
import { type HeldGuest, type Machine, machineOf } from './machine.js';
import { assertMovable, unknownDriver } from './movable.js';
import { imageNamesOf, movingImages } from './names.js';
import { mappedManifest } from './nicMap.js';
import { powerDown } from './powerDown.js';
import { Recovery, type RecoveryTimes } from './recovery.js';
import { surveyHere } from './surveyHere.js';
import { DRIVER, parseSurvey, parseTravel, type Travel } from './travelDocument.js';
import type { VmImages } from './vmImages.js';
import type { VmPhase, VmRecord, VmRecords } from './vmRecord.js';
import { type VmView, viewOf } from './vmView.js';
import { watchGuest } from './watchGuest.js';

export interface VmServiceParts {
  readonly dir: string;
  readonly records: VmRecords;
  readonly images: VmImages;
  readonly exports: Pick<GuestExports, 'socketPath' | 'add' | 'withdraw' | 'close'>;
  /** Takes in images that no machine comes with. */
  readonly plain: IncomingWorkloads;
  readonly logger: Logger;
  /** QEMU's unless given. */
  readonly guests?: Guests;
  readonly recovery?: RecoveryTimes;
}

/** The virtual machines of an agent: starts and ends them, and is the driver by which they move. */
export class VmService implements IncomingWorkloads {
  readonly #parts: VmServiceParts & { readonly guests: Guests };
  readonly #machines = new Map<string, Machine>();
  readonly #recovery: Recovery;

  constructor(parts: VmServiceParts) {
    this.#parts = { guests: QEMU_GUESTS, ...parts };
    for (const record of parts.records.all(parts.logger)) {
      this.#machines.set(record.manifest.name, machineOf(record));
    }
    const courseOf = (machine: Machine) => ({
      become: (record: VmRecord) => this.#become(machine, record),
      watch: () => this.#watch(machine),
      moved: (location: string) => this.#moved(machine, location),
      stopped: () => this.#toStopped(machine),
      gone: () => this.#forgotten(machine),
    });
    const isDue = (machine: Machine) =>
      this.#machines.get(machine.record.manifest.name) === machine && machine.arrival === undefined;
    this.#recovery = new Recovery(this.#parts, courseOf, isDue, parts.recovery);
  }

  /**
   * After the images of the start are open, before migrations go on: finds the processes of an earlier life, lets go on what
   * stood still when that ended, and ends what is left of machines that are elsewhere or never arrived.
   */
  async recover(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => this.#recovery.begin(machine)));
  }

  list(): Promise<VmView[]> {
    return Promise.all([...this.#machines.values()].map(viewOf));
  }

  /** @throws GodwitError E_NOT_FOUND */
  view(name: string): Promise<VmView> {
    return viewOf(this.machine(name));
  }

  /** @throws GodwitError E_NOT_FOUND */
  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'virtual machine', name });
    return machine;
  }

  /** Starts a machine from nothing, or one that is stopped. Nothing is left of it when it does not start. */
  async run(manifest: VmManifest): Promise<VmView> {
    const { exports, images } = this.#parts;
    const { name } = manifest;
    const known = this.#machines.get(name);
    if (known !== undefined && known.record.phase !== 'stopped') {
      const problem = `it is known here already, and ${known.record.phase}`;
      throw new GodwitError('E_VM', { name, problem });
    }
    assertIsItsOwn(manifest, this.#records);
    const machine: Machine = known ?? machineOf({ manifest, phase: 'stopped' });
    return this.#changing(machine, async () => {
      this.#machines.set(name, machine);
      try {
        await images.openForStart(manifest);
        this.#become(machine, { manifest, phase: 'running' });
        machine.guest = await this.#startGuest(manifest, images.allLive(movingImages(manifest, true)), {
          incoming: false,
        });
      } catch (error) {
        for (const image of movingImages(manifest, true)) await exports.withdraw(image);
        await images.dropMade(manifest);
        // What does not end is known as long as it is there.
        const stays = known !== undefined || !(await this.#isCleared(name));
        if (stays) this.#become(machine, { manifest, phase: 'stopped' });
        else {
          await images.closeDisks(manifest);
          this.#forgotten(machine);
        }
        throw error;
      }
      this.#watch(machine);
      return viewOf(machine);
    });
  }

  /** Starts one that is off, here where its disks are. */
  start(name: string): Promise<VmView> {
    return this.run(this.machine(name).record.manifest);
  }

  /**
   * Powers it off: asks the guest, or with `force` pulls its plug, also of one whose QEMU does not answer. Its disks stay open.
   *
   * @throws GodwitError E_VM when it does not run, does not power off in time, or is on the move
   */
  async stop(name: string, { force }: { force: boolean }): Promise<VmView> {
    const machine = this.machine(name);
    const { guest } = machine;
    const { guests, images, records } = this.#parts;
    images.assertAtRest(machine.record.manifest);
    if (!this.#isHere(machine)) {
      throw new GodwitError('E_VM', { name, problem: `it does not run here; it is ${machine.record.phase}` });
    }
    if (guest === undefined && !force) {
      throw new GodwitError('E_VM', { name, problem: 'its QEMU is not to be reached yet; --force ends it' });
    }
    return this.#changing(machine, async () => {
      if (!force && guest !== undefined) await powerDown(name, guest);
      await (guest === undefined ? guests.discardLeft(records.folderOf(name)) : guest.end());
      await this.#toStopped(machine);
      return viewOf(machine);
    });
  }

  /** Forgets a machine that is off, has left or never arrived. Its disks stay where they are. @throws GodwitError E_QEMU_STUCK for what does not end */
  async forget(name: string): Promise<void> {
    const machine = this.machine(name);
    const { phase, manifest } = machine.record;
    const { guests, images, records } = this.#parts;
    const isOn = phase === 'running' || (phase === 'arriving' && this.#isComing(machine));
    if (isOn) throw new GodwitError('E_VM', { name, problem: `it is ${phase}; stop it first` });
    await this.#changing(machine, async () => {
      await guests.discardLeft(records.folderOf(name));
      await images.closeDisks(manifest);
      this.#forgotten(machine);
    });
  }

  /** @throws GodwitError E_VM for an image that a machine has */
  assertFree(image: string): void {
    const name = this.#machineOf([image])?.record.manifest.name;
    if (name !== undefined) throw new GodwitError('E_VM', { name, problem: `image "${image}" is its own` });
  }

  /** The machine moves in a migration that is about to start: what the journal of that does not say. */
  departs(name: string, mapNics: Readonly<Record<string, string>>): void {
    const machine = this.machine(name);
    this.#become(machine, { ...machine.record, mapNics });
  }

  /** What runs on these images: undefined where no machine does. @throws GodwitError E_WORKLOAD for a part of one */
  workloadOf({ images, mode, isRecovery }: DepartureContext): SourceWorkload | undefined {
    const machine = this.#machineOf(images);
    if (machine === undefined) return undefined;
    const { record, guest } = machine;
    const { manifest, phase, mapNics = {} } = record;
    const running = phase === 'running';
    const all = movingImages(manifest, running);
    if (all.length !== images.length || !all.every((image) => images.includes(image))) {
      const problem = `${images.join(', ')} belong to machine "${manifest.name}", which moves as a whole: godwit vm migrate`;
      throw new GodwitError('E_WORKLOAD', { problem });
    }
    if (running && !isRecovery) assertMovable(machine, mode);
    return new Departure({
      travel: { manifest, running, mapNics },
      guest,
      stateImage: () => this.#parts.images.live(imageNamesOf(manifest).state),
      onMoved: (location) => {
        const moved = this.#moved(machine, location);
        machine.leaving = moved.catch(() => undefined);
        return moved;
      },
      onFree: async () => {
        if (machine.record.phase !== 'running') await this.#parts.images.dropMade(machine.record.manifest);
        // Nobody could say before whether it goes on here, and its QEMU may have ended or not have answered.
        else if (isRecovery) this.#recovery.again(machine);
      },
      logger: this.#parts.logger,
    });
  }

  async survey(workload: string, document: string): Promise<string> {
    if (workload !== DRIVER) throw unknownDriver(workload);
    const question = parseSurvey(document);
    const { name, uuid } = question.travel.manifest;
    const records = this.#records;
    // What an earlier try of its own left here makes way for the next offer.
    const isItself = ({ phase, manifest }: VmRecord) =>
      phase === 'arriving' && manifest.name === name && manifest.uuid === uuid;
    const others = records.filter((record) => record.phase !== 'left' && !isItself(record));
    return surveyHere(question, { dir: this.#parts.dir, others, isHalfHere: records.some(isItself) });
  }

  receive(arrival: Arrival): DestinationWorkload {
    if (arrival.workload !== DRIVER && arrival.workload !== '') throw unknownDriver(arrival.workload);
    const travel = arrival.workload === '' ? this.#arrivingWith(arrival.names) : parseTravel(arrival.document);
    if (travel === undefined) return this.#parts.plain.receive(arrival);
    const manifest = this.#parts.images.arrived(mappedManifest(travel.manifest, travel.mapNics));
    return this.#arrival({ ...travel, manifest }, arrival);
  }

  /** Processes go on: the next life of the agent finds them. */
  close(): Promise<void> {
    this.#recovery.close();
    return this.#parts.exports.close();
  }

  #arrival(travel: Travel, arrival: Arrival): GuestArrival {
    const { manifest, running } = travel;
    const { migration } = arrival;
    /** Undefined where its name is another's. */
    const its = () => {
      const machine = this.#machines.get(manifest.name);
      return machine?.arrival === migration ? machine : undefined;
    };
    return new GuestArrival({
      ...{ travel, arrival, logger: this.#parts.logger },
      claim: () => this.#claim(manifest, running, migration),
      start: () => this.#startArriving(manifest, arrival),
      end: async (guest) => {
        const machine = its();
        if (machine !== undefined) await this.#endArriving(machine, arrival, guest);
      },
      onHere: (guest) => {
        const machine = its() ?? this.#machines.get(manifest.name);
        if (machine === undefined) return;
        this.#become(machine, { manifest, phase: running ? 'running' : 'stopped' });
        machine.arrival = undefined;
        machine.guest = guest;
        this.#watch(machine);
      },
      onAbandoned: () => {
        const machine = its();
        if (machine !== undefined) this.#forgotten(machine);
      },
    });
  }

  #claim(manifest: VmManifest, running: boolean, migration: string): void {
    const { name } = manifest;
    const known = this.#machines.get(name);
    if (known !== undefined) assertMakesWay(known, migration, this.#isHere(known));
    assertIsItsOwn(manifest, this.#records);
    const machine: Machine = known ?? machineOf({ manifest, phase: 'arriving' });
    this.#become(machine, { manifest, phase: 'arriving', arrivesRunning: running });
    machine.arrival = migration;
    this.#machines.set(name, machine);
  }

  async #startArriving(manifest: VmManifest, arrival: Arrival): Promise<HeldGuest> {
    const machine = this.machine(manifest.name);
    // Forced to be owned here: nobody has claimed it.
    if (machine.arrival === undefined) assertMakesWay(machine, arrival.migration, false);
    machine.arrival = arrival.migration;
    await machine.leaving;
    return this.#startGuest(manifest, arrival.images(), { incoming: true });
  }

  /** What does not end keeps its records, and the machine its own: the next offer, and the next start of the agent, end it. */
  async #endArriving(machine: Machine, arrival: Arrival, guest: HeldGuest | undefined): Promise<void> {
    const { logger, exports, guests, records } = this.#parts;
    await guest?.discard(logger);
    for (const image of arrival.names) await exports.withdraw(image);
    try {
      await guests.discardLeft(records.folderOf(machine.record.manifest.name));
    } catch (error) {
      machine.arrival = undefined;
      throw error;
    }
  }

  /** Of a migration that an earlier life took in. */
  #arrivingWith(names: readonly string[]): Travel | undefined {
    const record = this.#machineOf(names)?.record;
    if (record?.phase !== 'arriving') return undefined;
    return { manifest: record.manifest, running: record.arrivesRunning === true, mapNics: {} };
  }

  async #startGuest(manifest: VmManifest, live: readonly LiveImage[], how: StartHow): Promise<HeldGuest> {
    const { exports, images, guests } = this.#parts;
    const folder = this.#parts.records.folderOf(manifest.name);
    // First: what an earlier life left may still be trying to write to an image of that name.
    await guests.discardLeft(folder);
    for (const image of live) await exports.add(image);
    return guests.start({ folder, socket: exports.socketPath, ramPath: images.ramPathOf(manifest), manifest }, how);
  }

  /** It goes on elsewhere: its QEMU is ended; memory and device state go when the migration is over. Disks are kept, and sealed. */
  async #moved(machine: Machine, location: string): Promise<void> {
    const { exports, logger } = this.#parts;
    const { manifest } = machine.record;
    const names = movingImages(manifest, true);
    const guest = machine.guest;
    machine.guest = undefined;
    this.#become(machine, { manifest, phase: 'left', location: location.split(' ')[0] ?? '' });
    await guest?.discard(logger);
    for (const name of names) await exports.withdraw(name);
  }

  async #toStopped(machine: Machine): Promise<void> {
    const { exports, images } = this.#parts;
    const { manifest } = machine.record;
    machine.guest = undefined;
    for (const name of movingImages(manifest, true)) await exports.withdraw(name);
    this.#become(machine, { manifest, phase: 'stopped' });
    await images.dropMade(manifest);
  }

  #watch(machine: Machine): void {
    watchGuest(machine, this.#parts.logger, () => this.#toStopped(machine));
  }

  /** It runs, or is owned and nothing else brings it here. */
  #isHere({ record: { phase, manifest }, arrival }: Machine): boolean {
    if (phase === 'running') return true;
    return phase === 'arriving' && arrival === undefined && this.#parts.images.areOwned(movingImages(manifest, true));
  }

  /** A migration brings it, or may bring it yet, or has. */
  #isComing({ record: { manifest }, arrival }: Machine): boolean {
    return arrival !== undefined || this.#parts.images.areExpected(movingImages(manifest, true));
  }

  /** Whether nothing of it runs here; what does is said in the log. */
  async #isCleared(name: string): Promise<boolean> {
    const { guests, records, logger } = this.#parts;
    try {
      await guests.discardLeft(records.folderOf(name));
      return true;
    } catch (thrown) {
      logger.error({ vm: name, reason: toGodwitError(thrown).message }, 'what was started of it does not end');
      return false;
    }
  }

  get #records(): VmRecord[] {
    return [...this.#machines.values()].map(({ record }) => record);
  }

  /** Nothing of it runs any more. */
  #forgotten(machine: Machine): void {
    const { name } = machine.record.manifest;
    this.#parts.records.remove(name);
    this.#machines.delete(name);
  }

  #become(machine: Machine, record: VmRecord): void {
    this.#parts.records.write(record);
    machine.record = record;
  }

  #machineOf(images: readonly string[]): Machine | undefined {
    return [...this.#machines.values()].find(({ record }) => {
      const isHere: readonly VmPhase[] = ['running', 'stopped', 'arriving'];
      return isHere.includes(record.phase) && movingImages(record.manifest, true).some((name) => images.includes(name));
    });
  }

  async #changing<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
    const { name } = machine.record.manifest;
    if (machine.isChanging) throw new GodwitError('E_VM', { name, problem: 'it is just being started or stopped' });
    machine.isChanging = true;
    try {
      return await work();
    } finally {
      machine.isChanging = false;
    }
  }
}
