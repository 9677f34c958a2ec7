import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gpu } from "@argand/argand";
import { bundle } from "../../examples/browser/bundle.ts";
import { Learner } from "../../examples/browser/learning.ts";
import { markup } from "../../examples/browser/markup.ts";
import { Chromium, html, inChromium, type Page, serve } from "../support/chromium.ts";

const SHOTS = "out/tests/browser";
const STEPS = 40;

/** The losses of the page's first steps, as they are in Deno. */
async function lossesHere(): Promise<number[]> {
  await gpu.use("cpu");
  const learner = new Learner();
  return await Promise.all(Array.from({ length: STEPS }, () => learner.step().item()));
}

/** Serves the page, opens it in a browser and hands it over; `isolated` is with COOP and COEP. */
async function onPage(
  { engine, isolated = false }: { engine: gpu.DeviceKind; isolated?: boolean },
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const text = markup(await bundle("examples/browser/main.ts"));
  const headers: HeadersInit = isolated
    ? {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }
    : {};
  await using site = serve(({ url }) =>
    new URL(url).pathname === "/" ? html(text, headers) : gone()
  );
  await using browser = await Chromium.open();
  const page = await browser.page(`${site.url}?engine=${engine}`);
  await use(page);
  assertEquals(page.complaints, []);
}

const gone = () => new Response(null, { status: 204 });

/** What stands under a name at the top. */
const figure = (name: string) =>
  `[...document.querySelectorAll("dt")].find((dt) => dt.textContent === "${name}")` +
  ".nextElementSibling.textContent";

const firstLosses = async (page: Page) => {
  await page.until(`globalThis.losses?.length >= ${STEPS}`, 60);
  return await page.evaluate<number[]>(`losses.slice(0, ${STEPS})`);
};

async function shoot(page: Page, name: string, view: Parameters<Page["show"]>[0]): Promise<void> {
  await page.show(view);
  await page.evaluate("new Promise((done) => setTimeout(done, 100))");
  await Deno.mkdir(SHOTS, { recursive: true });
  await Deno.writeFile(`${SHOTS}/${name}.png`, await page.screenshot());
}

/** Equal to 1e-4 of the first, which is about 1. */
function assertSameLosses(got: readonly number[], expected: readonly number[]): void {
  assertEquals(got.length, expected.length);
  const worst = Math.max(...got.map((loss, k) => Math.abs(loss - expected[k])));
  assert(worst < 1e-4, `${worst}`);
}

await inChromium(
  "the page trains on WebGPU in a browser as the CPU engine does in Deno",
  { adapter: true },
  async () => {
    await onPage({ engine: "webgpu" }, async (page) => {
      assertSameLosses(await firstLosses(page), await lossesHere());
      assertStringIncludes(await page.evaluate<string>(figure("engine")), "WebGPU: ");
      assertStringIncludes(await page.evaluate<string>(figure("engine")), "swiftshader");
      await page.evaluate(`document.querySelector("#run").click()`);
      await page.until(`${figure("step")} === String(losses.length)`);
      await shoot(page, "light", { width: 1100, height: 1300 });
      await shoot(page, "dark", { width: 1100, height: 1300, dark: true });
    });
  },
);

await inChromium(
  "the page trains on one thread where there is no cross-origin isolation",
  { adapter: false },
  async () => {
    let alone: number[] = [];
    await onPage({ engine: "cpu" }, async (page) => {
      alone = await firstLosses(page);
      assertSameLosses(alone, await lossesHere());
      assertEquals(await page.evaluate(figure("engine")), "CPU (WebAssembly)");
      assertEquals([await page.evaluate("crossOriginIsolated"), page.workers()], [false, 0]);

      // The network finds the zeros, and Reset starts again from a new one.
      await page.until(`${figure("zeros inside")} === "5 of 5" && losses.length > 300`, 60);
      await shoot(page, "narrow", { width: 390, height: 1700 });
      await page.evaluate(`document.querySelector("#run").click()`);
      const steps = await page.evaluate<number>("losses.length");
      await page.evaluate(`document.querySelector("#reset").click()`);
      await page.until(`${figure("step")} === "0"`);
      assertEquals(await page.evaluate("losses.length"), 0);
      await page.evaluate(`document.querySelector("#run").click()`);
      assertEquals(await firstLosses(page), alone, `after ${steps} steps and Reset`);
    });

    await onPage({ engine: "cpu", isolated: true }, async (page) => {
      assertEquals(await firstLosses(page), alone, "threads change the bits");
      assertEquals(await page.evaluate("crossOriginIsolated"), true);
      const cores = await page.evaluate<number>("navigator.hardwareConcurrency");
      assertEquals(page.workers(), Math.min(7, cores - 1));
    });
  },
);
