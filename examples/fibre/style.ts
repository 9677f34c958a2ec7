/** The colours and rules of a fibre's page. */
export const STYLE = `
:root { --c-covariance: #1f5fc4; --c-naive: #0d8f72; --c-none: #7b8494; --c-real: #d4470b;
  --c-skip: #8b35c9; --c-real-skip: #c78a00; --c-matrix: #1f5fc4; --c-noisy: #8b35c9; }
@media (prefers-color-scheme: dark) { :root { --c-covariance: #7eabff; --c-naive: #4fd1ae;
  --c-none: #a2abba; --c-real: #ff8a57; --c-skip: #cf94ff; --c-real-skip: #f2c04d;
  --c-matrix: #7eabff; --c-noisy: #cf94ff; } }
body { max-width: 60rem; }
img { display: block; width: 100%; image-rendering: pixelated; border-radius: 3px; }
h3 { margin: 1.1rem 0 .4rem; font-size: .95rem; }
h3 small { margin-left: .4rem; color: var(--soft); font-weight: 400; }
.view { display: grid; grid-template-columns: 1fr 6.5rem; gap: 1.25rem; align-items: start; }
.strip { display: grid; grid-template-columns: 7.5rem 1fr; gap: .6rem; align-items: center; margin-top: .3rem; }
.strip > span { color: var(--soft); font-size: .82rem; line-height: 1.25; }
.strip small { display: block; }
.strip > div { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: .3rem; }
.wheel { color: var(--soft); font-size: .75rem; text-align: center; }
.wheel img { width: 5rem; margin: 0 auto .4rem; image-rendering: auto; }
.wheel figcaption { font-weight: 400; font-size: .75rem; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 .6rem; font-size: .82rem; }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 50%; }
.panels { margin-top: 1.4rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
.matrices { display: grid; grid-template-columns: repeat(3, 1fr); gap: .8rem; max-width: 34rem; }
.square { max-width: 22rem; margin-top: .5rem; }
.wide { margin-top: 1.2rem; }
td.strong { font-weight: 650; }
section li { margin: .2rem 0; font-size: .9rem; }
section ul { margin: .4rem 0 0; padding-left: 1.2rem; }
section p { margin: .7rem 0 0; font-size: .9rem; }
section .note { margin: .1rem 0 1rem; font-size: .875rem; }
@media (max-width: 40rem) {
  .view { grid-template-columns: 1fr; }
  .strip { grid-template-columns: 1fr; gap: .15rem; margin-top: .5rem; }
  .strip small { display: inline; margin-left: .5rem; }
  .matrices { gap: .4rem; }
}
`;
