/**
 * Schedules that were submitted, until it is known whether they ran. A device reports a failure later
 * than the call that caused it: it then belongs to the values of that schedule and to what was computed
 * from them, and to nothing else.
 */
import { again, ArgandError, cannot } from "../../../gpu/contract/errors.ts";
import type { Node } from "../graph.ts";
import type { State } from "../state.ts";
import type { Stored } from "../stored.ts";

/** The values and states that a schedule reads and makes. */
export interface Submission {
  /** The values that it reads. */
  readonly used: readonly (Stored | State)[];
  /** The values that it makes. */
  readonly made: readonly Stored[];
  /** The states that it updates. */
  readonly updated: readonly State[];
  /** Those of them that have their first value from it, with its recipe. */
  readonly begun: readonly (readonly [State, Node])[];
  /** Takes back what the host has noted of it, where it did not run. */
  undo(): void;
}

/** The submissions to one engine. */
export class Submissions {
  readonly #forget: (made: readonly Stored[]) => void;
  #last: Promise<void> = Promise.resolve();
  #open = 0;
  /** States whose first value failed, while submissions that may have read it are open. */
  readonly #spoiled = new Map<State, ArgandError>();
  #unreported: ArgandError | null = null;
  #failures = 0;

  /** `forget` gives back what a schedule that did not run was to fill. */
  constructor(forget: (made: readonly Stored[]) => void) {
    this.#forget = forget;
  }

  /** Notes a schedule; `outcome` tells later why it did not run, or null. */
  add(outcome: Promise<ArgandError | null>, submission: Submission): void {
    if (this.#open++ === 0) this.#spoiled.clear();
    this.#last = Promise.all([outcome, this.#last]).then(([error]) => {
      this.#open--;
      this.#close(submission, error);
    });
  }

  /** How many schedules have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Waits until the outcome of everything submitted so far is known. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Throws a failure that nobody has been told of. */
  report(): void {
    const failure = this.#unreported;
    this.#unreported = null;
    if (failure && !told.has(failure)) tell(failure);
  }

  /** Throws the failure of a value, if it has one, once all is known. */
  check(value: Stored | State): void {
    const failure = value.failure ?? this.#spoiled.get(value as State);
    if (failure) tell(failure);
  }

  #close({ used, made, updated, begun, undo }: Submission, error: ArgandError | null): void {
    if (error) {
      this.#failures++;
      this.#unreported = error;
      for (const [state, recipe] of begun) {
        this.#spoiled.set(state, error);
        // A value that depended on states can't be computed again: they may have moved on.
        if (recipe.stateful) state.spoil(error);
        else state.restart(recipe);
      }
      undo();
    } else {
      error = this.#inherited(used);
      if (!error) return;
      for (const state of updated) {
        if (!this.#spoiled.has(state)) state.spoil(unusable(state, error));
      }
    }
    for (const value of made) value.failure = error;
    this.#forget(made);
  }

  #inherited(used: readonly (Stored | State)[]): ArgandError | null {
    for (const value of used) {
      const failure = value.failure ?? this.#spoiled.get(value as State);
      if (failure) return failure;
    }
    return null;
  }
}

function unusable({ name }: State, cause: ArgandError): ArgandError {
  const error = cannot(
    `use ${name}`,
    `it was updated with a value that could not be computed (${cause.message}); ` +
      "load or assign another one",
  );
  error.cause = cause;
  return error;
}

/** What has been thrown at a line that asked for it. */
const told = new WeakSet<ArgandError>();

/** Throws a failure at the line that asks for what has failed; nobody else is told of it. */
export function tell(failure: ArgandError): never {
  told.add(failure.cause instanceof ArgandError ? failure.cause : failure);
  throw again(failure);
}
