/** A headless Chromium that tests open pages in, by the DevTools protocol. */
import { unless } from "./ignored.ts";
import { isInstalled } from "./installed.ts";
import { isSet } from "./environment.ts";

/** What Chromium and its relatives are called. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const FLAGS = [
  "--headless",
  "--no-sandbox", // the tests may run as root
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--remote-debugging-port=0",
];

/** The name that Chromium is installed under; null where it is not. */
async function find(): Promise<string | null> {
  for (const name of NAMES) if (await isInstalled(name)) return name;
  return null;
}

const program = await find();

const LOCAL = { name: "net", host: "127.0.0.1" } as const;

/** Why pages can't be opened here, or have no adapter if they need one; null where all is well. */
async function lacking(adapter: boolean): Promise<string | null> {
  if (program === null) return "Chromium is not installed";
  if (Deno.permissions.querySync(LOCAL).state !== "granted") {
    return "the test has no --allow-net=127.0.0.1";
  }
  try {
    return !await offersAdapter() && adapter ? "Chromium offers no WebGPU adapter here" : null;
  } catch (error) {
    return `Chromium does not start here: ${(error as Error).message}`;
  }
}

let offered: Promise<boolean> | undefined;

/** Whether a page in Chromium gets a WebGPU adapter; rejects where there are no pages. */
function offersAdapter(): Promise<boolean> {
  return offered ??= (async () => {
    await using site = serve(() => html("<!doctype html>"));
    await using browser = await Chromium.open();
    const page = await browser.page(site.url);
    return await page.evaluate<boolean>(
      "(async () => Boolean(await navigator.gpu?.requestAdapter()))()",
    );
  })();
}

/** An answer with a page. */
export function html(text: string, headers: HeadersInit = {}): Response {
  return new Response(text, {
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
  });
}

/** Serves on a free port of this machine, until it is disposed of. */
export function serve(
  answer: (request: Request) => Response,
): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * A test that needs Chromium, and with `adapter` one that offers WebGPU; where that is missing the
 * test is ignored, in words.
 */
export async function inChromium(
  name: string,
  { adapter }: { readonly adapter: boolean },
  fn: () => Promise<void>,
): Promise<void> {
  const why = await lacking(adapter);
  if (why && isSet("ARGAND_REQUIRE_BROWSER")) {
    throw new Error(`A browser is required, but ${why}`);
  }
  Deno.test({ ...unless(why, name), fn });
}

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

type Remote = {
  readonly type?: string;
  readonly value?: unknown;
  readonly description?: string;
};

/** A page that is open. */
export interface Page {
  /** What went wrong on it: uncaught exceptions, `console.error` and warnings. */
  readonly complaints: readonly string[];
  /** The value of a JavaScript expression on the page, awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Evaluates until the value is truthy, for `seconds` at most. */
  until<T>(expression: string, seconds?: number): Promise<T>;
  /** How many dedicated workers it runs. */
  workers(): number;
  /** Sets the size of the window, and whether the user likes dark pages. */
  show(view: { width: number; height: number; dark?: boolean }): Promise<void>;
  /** The whole page as PNG. */
  screenshot(): Promise<Uint8Array>;
}

/** A running Chromium; `close` ends it. */
export class Chromium implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #count = 0;

  private constructor(child: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      if (message.id === undefined) this.#listeners.forEach((listen) => listen(message));
      else this.#pending.get(message.id)?.(message);
    };
  }

  /** Starts a Chromium with a profile of its own under out/. */
  static async open(): Promise<Chromium> {
    await Deno.mkdir("out/tests", { recursive: true });
    const profile = await Deno.makeTempDir({ dir: "out/tests", prefix: "chromium-" });
    const child = new Deno.Command(program!, {
      args: [...FLAGS, `--user-data-dir=${await Deno.realPath(profile)}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let running = true;
    child.status.then(() => running = false);
    try {
      const socket = new WebSocket(await endpoint(profile, () => running));
      await new Promise((done, fail) => {
        socket.onopen = done;
        socket.onerror = () => fail(new Error("it refuses the DevTools protocol"));
      });
      return new Chromium(child, profile, socket);
    } catch (error) {
      if (running) child.kill();
      await child.status;
      await Deno.remove(profile, { recursive: true });
      throw error;
    }
  }

  async #send<T>(method: string, params: unknown = {}, sessionId?: string): Promise<T> {
    const id = ++this.#count;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#pending.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await promise;
    this.#pending.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  /** Opens a page and waits until it has loaded. */
  async page(url: string): Promise<Page> {
    const { targetId } = await this.#send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await this.#send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const send = <T>(method: string, params?: unknown) => this.#send<T>(method, params, sessionId);
    const complaints: string[] = [];
    let workers = 0;
    const loaded = Promise.withResolvers<void>();
    const say = ({ description, value }: Remote) => description ?? String(value);
    this.#listeners.add((message) => {
      if (message.sessionId !== sessionId) return;
      // deno-lint-ignore no-explicit-any
      const params = message.params as any;
      switch (message.method) {
        case "Page.loadEventFired":
          return loaded.resolve();
        case "Target.attachedToTarget":
          return void (workers += Number(params.targetInfo.type === "worker"));
        case "Target.detachedFromTarget":
          return void workers--;
        case "Runtime.exceptionThrown": {
          const { exception, text } = params.exceptionDetails;
          return void complaints.push(exception ? say(exception) : text);
        }
        case "Runtime.consoleAPICalled":
          if (params.type !== "error" && params.type !== "warning") return;
          return void complaints.push(params.args.map(say).join(" "));
      }
    });
    await send("Page.enable");
    await send("Runtime.enable");
    const wait = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await send("Target.setAutoAttach", wait);
    await send("Page.navigate", { url });
    await loaded.promise;

    const evaluate = async <T>(expression: string): Promise<T> => {
      const wishes = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send<
        { result: Remote; exceptionDetails?: { exception?: Remote; text: string } }
      >("Runtime.evaluate", wishes);
      if (exceptionDetails) {
        const { exception, text } = exceptionDetails;
        throw new Error(`The page says: ${exception ? say(exception) : text}`);
      }
      return result.value as T;
    };
    return {
      complaints,
      evaluate,
      until: async <T>(expression: string, seconds = 30): Promise<T> => {
        const end = performance.now() + 1000 * seconds;
        for (;;) {
          const value = await evaluate<T>(expression);
          if (value) return value;
          if (performance.now() > end) {
            throw new Error(
              `${expression} is ${value} after ${seconds} s. ${complaints.join("\n")}`,
            );
          }
          await new Promise((done) => setTimeout(done, 50));
        }
      },
      workers: () => workers,
      async show({ width, height, dark = false }) {
        const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
        await send("Emulation.setDeviceMetricsOverride", metrics);
        const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
        await send("Emulation.setEmulatedMedia", { features });
      },
      async screenshot() {
        const wishes = { format: "png", captureBeyondViewport: true };
        const { data } = await send<{ data: string }>("Page.captureScreenshot", wishes);
        return Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      },
    };
  }

  /** Ends the GPU process, as a driver that crashes does; Chromium starts another. */
  async crashGpu(): Promise<void> {
    await this.#send("Browser.crashGpuProcess");
  }

  async close(): Promise<void> {
    await this.#send("Browser.close").catch(() => {});
    this.#socket.close();
    await this.#child.status;
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The address that Chromium listens at, which it writes into its profile. */
async function endpoint(profile: string, isRunning: () => boolean): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
    const [port, path] = text.trim().split("\n");
    if (path) return `ws://127.0.0.1:${port}${path}`;
    if (!isRunning()) throw new Error("it ended at once");
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("it does not come up within 15 s");
}
