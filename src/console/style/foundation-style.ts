/** Colours, type and space: the only place that names them. Every colour of text is at least 4.5 to 1 on what it stands on (WCAG 1.4.3). */
export const foundationStyle = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f2;
  --raised: #fffefb;
  --ink: #1b1c1a;
  --soft: #5b5c56;
  --line: #dddbd2;
  --line-strong: #8b8c84;
  --accent: #0b6b53;
  --accent-pale: #9cc9bb;
  --accent-wash: #e4efe9;
  --on-accent: #fffefb;
  --second: #6d5f9c;
  --bad: #a3261b;
  --bad-wash: #f8e9e5;
  --sans: -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif;
  --display: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', P052, 'Noto Serif', 'Liberation Serif', serif;
  --mono: ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
  --gap-small: 0.5rem;
  --gap: 1rem;
  --gap-large: 2rem;
  --gap-section: 3.5rem;
  --round: 0.5rem;
}
:root:lang(zh) {
  --sans: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Liberation Sans', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif;
  --display: 'Iowan Old Style', 'Palatino Linotype', 'Liberation Serif', 'Songti SC', 'Noto Serif CJK SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141513;
    --raised: #1d1f1c;
    --ink: #ecebe5;
    --soft: #a7a89f;
    --line: #32342f;
    --line-strong: #787a72;
    --accent: #63d2b2;
    --accent-pale: #2f6f5e;
    --accent-wash: #1b2a25;
    --on-accent: #10201b;
    --second: #b6a6ea;
    --bad: #ff9e90;
    --bad-wash: #2f1d1a;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 var(--sans);
  font-variant-numeric: lining-nums tabular-nums;
  overflow-wrap: anywhere;
  accent-color: var(--accent);
}
h1, h2, h3, p, ul, ol, dl, dd, figure, fieldset, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
fieldset { border: 0; min-width: 0; }
h1, h2, .numeral { font-family: var(--display); font-weight: 500; line-height: 1.15; text-wrap: balance; }
h1 { font-size: clamp(2.125rem, 6vw, 3rem); letter-spacing: -0.02em; }
h2 { font-size: 1.5rem; letter-spacing: -0.01em; }
h3 { font-size: 1rem; font-weight: 600; line-height: 1.4; }
:lang(zh) :is(h1, h2) { letter-spacing: 0.02em; }
p { text-wrap: pretty; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
code, pre, output { font-family: var(--mono); font-size: 0.9em; }
svg { display: block; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
main:focus-visible, h1:focus-visible { outline: none; }
.soft { color: var(--soft); font-size: 0.9375rem; }
.block { display: block; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.numeral { font-size: 2.5rem; letter-spacing: -0.02em; font-variant-numeric: lining-nums tabular-nums; }
@media (prefers-reduced-motion: no-preference) {
  .dial-value { transition: stroke-dasharray 600ms ease-out; }
  .working::before { animation: breathe 1.6s ease-in-out infinite; }
  .coming::after { animation: breathe 1s ease-in-out infinite; }
  @keyframes breathe { 50% { opacity: 0.25; } }
}
`
