import { assert, assertEquals } from "@std/assert";
import { formatLine, Reporter } from "../../nn/training/progress.ts";
import type { Terminal } from "../../nn/training/terminal.ts";

const line = { label: "epoch 2/9", seconds: 8, rate: 40, figures: [["loss", 0.12345]] } as const;

Deno.test("the progress line is tqdm's: part, bar, batches, time gone and left, rate, figures", () => {
  assertEquals(
    formatLine({ ...line, done: 394, total: 938 }, 80),
    "epoch 2/9:  42%|██████▋         | 394/938 [00:08<00:14, 40.00it/s, loss=0.1235]",
  );
  assertEquals(
    formatLine({ ...line, done: 938, total: 938, rate: 0.25, figures: [] }, 60),
    "epoch 2/9: 100%|██████████| 938/938 [00:08<00:00, 4.00s/it]",
  );
  assertEquals(
    formatLine({ ...line, done: 7, total: null, rate: NaN, seconds: 3727 }, 80),
    "epoch 2/9: 7it [1:02:07, ?it/s, loss=0.1235]",
  );
});

Deno.test("the progress line fits its terminal, and never grows backwards", () => {
  for (const columns of [70, 80, 120, 200]) {
    let full = 0;
    for (let done = 0; done <= 300; done++) {
      const text = formatLine({ ...line, done, total: 300 }, columns);
      assert([...text].length < columns, text);
      const filled = text.split("█").length;
      assert(filled >= full, text);
      full = filled;
    }
  }
});

/** A terminal that keeps what is written. */
function fake(live: boolean): Terminal & { readonly text: string[] } {
  const text: string[] = [];
  return { live, text, columns: () => 80, write: (line) => void text.push(line) };
}

const record = { epoch: 0, loss: 0.5, lr: 0.1, steps: 4, seconds: 2, validation: { loss: 0.25 } };

Deno.test("progress is live on a terminal, silent elsewhere unless asked for", () => {
  const shown = (progress: "auto" | "line" | false, live: boolean) => {
    const terminal = fake(live);
    const reporter = new Reporter(progress, 1, terminal);
    reporter.begin(0, 0, 4);
    reporter.update(2, [0.7, 0.6]);
    reporter.end(record, 4);
    return terminal.text;
  };
  const live = shown("auto", true);
  assertEquals(live.length, 3);
  assert(live.every((text) => text.startsWith("\r\x1b[Kepoch 1/1: ")));
  assert(live[2].endsWith("2.00it/s, loss=0.5000, val_loss=0.2500]\n"), live[2]);
  assertEquals(shown("auto", false), []);
  const lines = shown("line", false);
  assertEquals(lines.length, 1);
  assert(lines[0].startsWith("epoch 1/1: 100%|") && lines[0].endsWith("]\n"), lines[0]);
  assertEquals([shown(false, true), shown(false, false)], [[], []]);
});

Deno.test("progress as JSON is an object an epoch on the console", () => {
  const { log } = console;
  const lines: string[] = [];
  console.log = (text: string) => void lines.push(text);
  try {
    const reporter = new Reporter("json", 1, fake(true));
    reporter.begin(0, 0, 4);
    reporter.update(2, [0.7]);
    reporter.end(record, 4);
  } finally {
    console.log = log;
  }
  assertEquals(lines.map((text) => JSON.parse(text)), [{ event: "epoch", ...record }]);
});
