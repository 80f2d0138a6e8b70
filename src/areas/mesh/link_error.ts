/** What a call to the broker came to when there is no answer. */
export class NoAnswer extends Error {}

/** The broker refused a call. */
export class BrokerError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
