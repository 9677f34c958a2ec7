import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatReport, writeReport } from "../../examples/mnist/report.ts";
import { noOutput, unless } from "../support/ignored.ts";

const image = new Float32Array(28 * 28).fill(0.5);

Deno.test("formatReport() escapes what it is given", () => {
  const html = formatReport({ title: `<b>"&`, figures: [{ label: "<i>", value: "a&b" }] });
  assertStringIncludes(html, "<h1>&#60;b&#62;&#34;&#38;</h1>");
  assertStringIncludes(html, "<dt>&#60;i&#62;</dt><dd>a&#38;b</dd>");
});

Deno.test("formatReport() needs nothing from outside", () => {
  const html = formatReport({
    title: "t",
    losses: [3, 2, 1],
    accuracy: 0.5,
    digits: [{ image, label: 1, prediction: 1 }],
    filters: { data: new Float32Array(2 * 2 * 9).fill(1), channels: 2, height: 3, width: 3 },
    deviceBytes: [1, 2, 2],
  });
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert(address.startsWith("data:image/png;base64,"), address);
  }
  assert(!/<script|@import|url\(/.test(html));
  assertEquals(html.match(/class="filter"/g)?.length, 2);
});

Deno.test("formatReport() leaves out what it is not given", () => {
  const html = formatReport({ title: "t" });
  assert(!html.includes("<section"));
  assert(!html.includes("<dl"));
});

Deno.test("formatReport() marks the digits that are read wrongly", () => {
  const html = formatReport({
    title: "t",
    accuracy: 0.9676,
    digits: [{ image, label: 4, prediction: 9 }, { image, label: 2, prediction: 2 }],
  });
  assertStringIncludes(html, "96.8 %");
  assertStringIncludes(html, "wrong in 1, framed");
  assertMatch(html, /class="wrong">.*alt="a handwritten 4".*<figcaption>9 <s>4<\/s>/);
  assertMatch(html, /class="right">.*alt="a handwritten 2".*<figcaption>2<\/figcaption>/);
});

Deno.test("formatReport() draws losses of any length, also with numbers that are not finite", () => {
  for (const losses of [[2], [0, 0], [1, NaN, Infinity, 2], new Array(5000).fill(0.1)]) {
    const html = formatReport({ title: "t", losses });
    assertEquals(html.match(/<svg/g)?.length, 1);
    assert(!/(?:points|[xy][12]?)="[^"]*(?:NaN|Infinity)/.test(html));
    assert(html.length < 40_000, `${html.length} characters`);
  }
});

Deno.test("formatReport() says from which epoch on the memory stays the same", () => {
  const html = formatReport({ title: "t", deviceBytes: [10, 4096, 4096, 4096] });
  assertStringIncludes(html, "The same to the byte from epoch 2 on: 4\u202f096 bytes");
});

Deno.test({
  ...unless(noOutput, "writeReport() makes the folder it writes to"),
  async fn() {
    await writeReport("out/tests/page/report.html", { title: "written" });
    assertStringIncludes(await Deno.readTextFile("out/tests/page/report.html"), "<h1>written</h1>");
    await Deno.remove("out/tests/page", { recursive: true });
  },
});
