/** What a run of `deno test` says of its tests, by its text and by how the process ended. */

/** How many tests passed and failed, and whether the run as a whole did. */
export interface Verdict {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  /** The signal that ended the process, if one did. */
  readonly signal?: string;
}

/**
 * A run that ended with code 0 is good. So is one that a signal ended after the summary said `ok`:
 * Mesa's EGL frees a thread's data when the thread ends, and where Deno's last test thread ends while
 * the process unloads its libraries, that crashes. All tests have been run and counted by then.
 */
export function verdict(
  text: string,
  status: Pick<Deno.CommandStatus, "code" | "signal">,
): Verdict {
  let [passed, failed] = [0, 0];
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[\d;]*m/g, "");
  for (const m of plain.matchAll(/(\d+) passed.*?(\d+) failed/g)) {
    passed += Number(m[1]);
    failed += Number(m[2]);
  }
  if (status.code === 0) return { ok: true, passed, failed };
  const finished = /^ok \| \d+ passed .*\| 0 failed/m.test(plain) && failed === 0;
  if (status.signal === null) return { ok: false, passed, failed };
  return { ok: finished, passed, failed, signal: status.signal };
}
