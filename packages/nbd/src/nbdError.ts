/** An errno to answer a request with. Codes are those of the NBD specification, "Error values". */
export class NbdError extends Error {
  readonly errno: number;
  constructor(errno: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NbdError';
    this.errno = errno;
  }
}
