/** Derivatives where functions saturate, at the origin, and on branches that are not taken. */
import {
  angle,
  atan2,
  complex,
  type ComplexTensor,
  cos,
  cosh,
  derivative,
  expm1,
  grad,
  type RealTensor,
  sin,
  sinh,
  tan,
  tanh,
  tensor,
  where,
} from "@argand/argand";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { onEngines } from "../support/engines.ts";

const XS = [-40, -20, -9.010913848876953, -2, -0.3, 0, 0.3, 2, 6, 8, 12, 20, 40].map(Math.fround);

/** The slopes of f at `XS`, from its gradient of order 1 or 2. */
function slopes(f: (x: RealTensor) => RealTensor, order: 1 | 2 = 1) {
  const first = grad((x: RealTensor) => f(x).sum());
  const second = grad((x: RealTensor) => first(x).sum());
  return (order === 1 ? first : second)(tensor(XS)).data();
}

/** Close in proportion to what is wanted. */
function close(got: ArrayLike<number>, want: number[], name: string) {
  want.forEach((w, k) => assertAlmostEquals(got[k], w, 3e-6 * Math.abs(w), `${name}, ${XS[k]}`));
}

onEngines("slopes keep their digits where functions saturate", async () => {
  const sech2 = (x: number) =>
    4 * Math.exp(-2 * Math.abs(x)) / (1 + Math.exp(-2 * Math.abs(x))) ** 2;
  const logistic = (x: number) => sech2(x / 2) / 4;
  close(await slopes((x) => x.tanh()), XS.map(sech2), "tanh′");
  close(await slopes((x) => x.tanh(), 2), XS.map((x) => -2 * Math.tanh(x) * sech2(x)), "tanh″");
  close(await slopes((x) => x.sigmoid()), XS.map(logistic), "sigmoid′");
  const bent = XS.map((x) => -Math.tanh(x / 2) * logistic(x));
  close(await slopes((x) => x.sigmoid(), 2), bent, "sigmoid″");
  close(await slopes(expm1), XS.map(Math.exp), "expm1′");
});

onEngines("slopes of complex tanh and tan keep their digits", async () => {
  for (const [x, y] of [[0.01, 1], [-0.2, -2], [2, 0], [-8, 0.5], [12, 2], [-30, -1], [0, 1.5]]) {
    // 1/cosh² z from u + iv = 2 cosh(z) e^(−|x|).
    const q = Math.exp(-2 * Math.abs(x));
    const u = (1 + q) * Math.cos(y),
      v = Math.sign(x) * (1 - q) * Math.sin(y),
      d = (u * u + v * v) ** 2;
    const want = [4 * q * (u * u - v * v) / d, -8 * q * u * v / d];
    const size = 3e-6 * Math.hypot(...want);
    const atTanh = await derivative((z: ComplexTensor) => tanh(z))(complex(x, y)).item();
    const atTan = await derivative((z: ComplexTensor) => tan(z))(complex(y, -x)).item();
    for (const { re, im } of [atTanh, atTan]) {
      assertAlmostEquals(re, want[0], size, `at ${x} + ${y}i`);
      assertAlmostEquals(im, want[1], size, `at ${x} + ${y}i`);
    }
  }
});

onEngines("the gradient of an angle is right from the smallest to the largest", async () => {
  const points = [[0, 0], [1e-25, 1e-25], [1e25, 1e25], [1, -1], [-3e30, 2e-5], [4e-20, 0]];
  const ys = tensor(points.map(([y]) => y)), xs = tensor(points.map(([, x]) => x));
  const dy = await grad((y: RealTensor) => atan2(y, xs).sum())(ys).data();
  const dx = await grad((x: RealTensor) => atan2(ys, x).sum())(xs).data();
  const dz = await grad((z: ComplexTensor) => angle(z).sum())(complex(xs, ys)).data();
  points.forEach(([y, x], k) => {
    const m = Math.hypot(x, y) || Infinity;
    for (const [got, want] of [[dy[k], x / m / m], [dx[k], -y / m / m]]) {
      assertAlmostEquals(got, want, 2e-6 / m + 1e-38);
    }
    assertEquals([dz[2 * k], dz[2 * k + 1]], [dx[k], dy[k]]);
  });
  // That of real numbers is constant on either side of 0.
  const slope = grad((x: RealTensor) => angle(x).mul(x).sum());
  const real = tensor([1e-20, -1e-20, 2]);
  const twice = await grad((x: RealTensor) => slope(x).sum())(real).data();
  assertEquals(Array.from(twice, Math.abs), [0, 0, 0]);
});

onEngines("the branch that where() doesn't take has no part in derivatives", async () => {
  const at = async (f: (x: RealTensor) => RealTensor, x: number) =>
    [await grad((v: RealTensor) => f(v).sum())(tensor([x])).toArray()].flat()[0];
  const hidden = (f: (x: RealTensor) => RealTensor) => (x: RealTensor) =>
    where(x.greater(1e30), f(x), x);
  for (const x of [0, -1]) {
    for (
      const f of [
        (x: RealTensor) => x.sqrt(),
        (x: RealTensor) => x.log(),
        (x: RealTensor) => x.mul(0).reciprocal(),
        (x: RealTensor) => x.mul(0).pow(-1.5),
        (x: RealTensor) => x.div(x.mul(0)),
        (x: RealTensor) => tensor([1]).div(x.sqrt()),
        (x: RealTensor) => x.mul(1e5).exp().sqrt(),
      ]
    ) {
      assertEquals(await at(hidden(f), x), 1, `${f} at ${x}`);
      const second = (x: RealTensor) => grad((v: RealTensor) => hidden(f)(v).square().sum())(x);
      assertEquals(await at(second, x), 2, `${f} at ${x}, twice`);
    }
  }
  const w = complex([0]);
  const of = grad((z: ComplexTensor) => where(tensor([0]), z.sqrt(), z).real.sum());
  assertEquals([...await of(w).data()], [1, 0]);
});

onEngines("huge and tiny factors of hyperbolic functions meet within float32", async () => {
  for (const [x, y] of [[90, 1e-3], [100, 1e-8], [-120, 1e-15], [-150, 1e-30]]) {
    const a = Math.fround(x), b = Math.fround(y), want = Math.cosh(a) * Math.sin(b);
    const s = Math.sign(a), z = complex(a, b), turned = complex(b, a);
    const got = [
      (await sinh(z).item()).im,
      (await cosh(z).item()).im * s,
      (await sin(turned).item()).re,
      (await cos(turned).item()).im * -s,
    ];
    for (const value of got) assertAlmostEquals(value, want, 3e-6 * Math.abs(want));
  }
});
