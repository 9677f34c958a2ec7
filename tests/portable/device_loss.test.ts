/** Training in Chromium that loses its device, by the page or with the whole GPU process. */
import { assertEquals } from "@std/assert";
import { bundle } from "../../examples/browser/bundle.ts";
import { Chromium, html, inChromium, serve } from "../support/chromium.ts";

await inChromium(
  "a run in a page ends as if neither its device nor the GPU process had been lost",
  { adapter: true },
  async () => {
    const script = await bundle("tests/portable/device_loss_page.ts");
    await using site = serve(() => html(`<!doctype html><script type="module">${script}</script>`));
    await using browser = await Chromium.open();
    const page = await browser.page(site.url);
    await page.until("globalThis.ready");
    const run = (way: string) => page.evaluate<[number[], boolean]>(`run("${way}")`);
    const [whole, replaced] = await run("none");
    assertEquals([whole.length, replaced], [20, false]);
    assertEquals(await run("destroy"), [whole, true]);
    const crashed = run("crash");
    await page.until("globalThis.waiting");
    await browser.crashGpu();
    await page.evaluate("goOn()");
    assertEquals(await crashed, [whole, true]);
    assertEquals(page.complaints, []);
  },
);
