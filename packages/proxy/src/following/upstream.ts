import type { NbdAddress, NbdClient } from '@godwit/nbd';
import type { Time } from '../time/time.js';
import { SilenceWatch, type Watched } from './silenceWatch.js';

/** The connection to an owner, and how it does. */
export class Upstream implements Watched {
  readonly client: NbdClient;
  readonly address: NbdAddress;
  readonly watch: SilenceWatch;
  inFlight = 0;
  answered = 0;

  constructor(client: NbdClient, address: NbdAddress, time: Time, onSilence: () => void) {
    this.client = client;
    this.address = address;
    this.watch = new SilenceWatch(time, this, onSilence);
  }
}
