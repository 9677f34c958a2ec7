import { assert, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { lanesOf } from "../../gpu/contract/dtype.ts";
import {
  conv2d,
  conv2dInputGradient,
  type Conv2dSpec,
} from "../../gpu/kernels/convolutions/conv2d.ts";
import { engines, runProgram } from "../support/program.ts";
import { hashed, Seeded } from "../support/seeded.ts";
import { inVariant, variantNames } from "../support/variants.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const reference = new CpuEngine(null);
const webgpu = (await engines()).find((engine) => engine.kind === "webgpu");

/** Convolutions of all sorts: odd sizes, groups, sums of a few terms and of more than one chain. */
function randomSpec(random: Seeded): Conv2dSpec {
  const groups = random.of([1, 1, 2]);
  const base = {
    dtype: random.of(["complex64", "complex64", "float32"] as const),
    batch: random.whole(1, 4),
    inChannels: groups * random.of([2, 5, 31]),
    outChannels: groups * random.of([8, 13, 37]),
    inHeight: random.whole(5, 12),
    inWidth: random.whole(5, 12),
    kernel: [random.whole(1, 4), random.whole(3, 4)] as const,
    stride: [random.whole(1, 3), random.whole(1, 3)] as const,
    padding: [random.whole(0, 3), random.whole(0, 3)] as const,
    dilation: [1, random.of([1, 1, 2])] as const,
    groups,
    bias: random.of([true, false]),
  };
  const out = (extent: number, a: 0 | 1) =>
    Math.floor(
      (extent + 2 * base.padding[a] - base.dilation[a] * (base.kernel[a] - 1) - 1) / base.stride[a],
    ) + 1;
  const [outHeight, outWidth] = [out(base.inHeight, 0), out(base.inWidth, 1)];
  return outHeight > 0 && outWidth > 0 ? { ...base, outHeight, outWidth } : randomSpec(random);
}

/** Compares every variant of the convolution, or of its gradient to the input, with the host's loops. */
async function compareVariants(spec: Conv2dSpec, adjoint: boolean): Promise<string[]> {
  const program = adjoint ? conv2dInputGradient(spec) : conv2d(spec);
  const words = lanesOf(spec.dtype);
  const x = words * spec.batch * spec.inChannels * spec.inHeight * spec.inWidth;
  const y = words * spec.batch * spec.outChannels * spec.outHeight * spec.outWidth;
  const depth = spec.inChannels / spec.groups * spec.kernel[0] * spec.kernel[1];
  const inputs = [hashed(adjoint ? y : x, 1), hashed(words * spec.outChannels * depth, 2)];
  if (spec.bias && !adjoint) inputs.push(hashed(words * spec.outChannels, 3));
  const length = adjoint ? x : y;
  const [expected] = await runProgram(reference, program, inputs, [length]);
  const correlation = program.steps[program.steps.length - 1];
  const names = variantNames(correlation.kernel, correlation.spec, webgpu!.adapter);
  const terms = adjoint ? depth * spec.outChannels / spec.inChannels : depth;
  for (const name of names) {
    const [got] = await runProgram(webgpu!, inVariant(program, name), inputs, [length]);
    for (let e = 0; e < length; e++) {
      const allowed = 16 * 2 ** -23 * (Math.sqrt(terms) + Math.abs(expected[e]));
      assert(
        Math.abs(got[e] - expected[e]) <= allowed,
        `${name} of ${JSON.stringify(spec)} [${e}]: ${got[e]}, expected ${expected[e]}`,
      );
    }
  }
  return names;
}

Deno.test({
  ...unless(
    noAdapter,
    "every variant of conv2d() agrees with the plain TypeScript on random shapes (webgpu)",
  ),
  fn: async () => {
    const seen = new Set<string>();
    const random = new Seeded(7);
    for (let k = 0; k < 6; k++) {
      const spec = randomSpec(random);
      for (const adjoint of [false, true]) {
        for (const name of await compareVariants(spec, adjoint)) seen.add(name.split(" ")[0]);
      }
    }
    const kinds = webgpu!.adapter.texels
      ? ["registers", "staged", "texels"]
      : ["registers", "staged"];
    assertEquals([...seen].sort(), kinds);
  },
});
