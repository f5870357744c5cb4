// Owns the ways a call can fail, grouped by what the page does about it.
import type { SetError } from "./types";

/** No answer: the wire broke or the server is away. Whether the call took effect is not known. */
export class TransportLost extends Error {
  constructor(message = "no connection to the server") {
    super(message);
    this.name = "TransportLost";
  }
}

/** The session is over; only signing in again helps. */
export class NotSignedIn extends Error {
  constructor() {
    super("not signed in");
    this.name = "NotSignedIn";
  }
}

/** The server understood and refused: a method error or a refused object. */
export class Refused extends Error {
  readonly type: string;
  constructor(type: string, description?: string | null) {
    super(description || type);
    this.name = "Refused";
    this.type = type;
  }
}

/** Throws if the server refused any object of a /set. */
export function throwIfNotSet(...refusals: (Record<string, SetError> | null | undefined)[]): void {
  for (const refused of refusals) {
    const first = Object.values(refused ?? {})[0];
    if (first) throw new Refused(first.type, first.description);
  }
}

/** What to tell a person about a failure. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
