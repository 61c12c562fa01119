/** The sheet of the pages a browser ends on: system fonts, both colour schemes, nothing wider than a phone. */
export const pageStyle = `
:root{color-scheme:light dark;--page:#f5f5f3;--card:#fff;--ink:#1a1a1a;--soft:#575757;--line:#dcdcd8;--good:#0b6b53;--bad:#a61b1b;--on:#fff}
@media (prefers-color-scheme:dark){:root{--page:#121312;--card:#1c1e1d;--ink:#eeeeec;--soft:#a8aca9;--line:#373b39;--good:#5fd3b2;--bad:#ff9c9c;--on:#141514}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100svh;display:grid;grid-template-rows:1fr auto;justify-items:center;gap:1.5rem;padding:1.25rem;
background:var(--page);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
main{align-self:center;width:100%;max-width:30rem;padding:clamp(1.5rem,7vw,2.75rem);background:var(--card);border:1px solid var(--line);border-radius:1.25rem}
svg{display:block;width:3rem;height:3rem;margin-bottom:1.5rem;padding:.625rem;border-radius:50%;fill:none;stroke:var(--on);stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round}
.good svg{background:var(--good)}
.bad svg{background:var(--bad)}
h1{margin:0 0 .75rem;font-size:clamp(1.5rem,6vw,1.875rem);line-height:1.2;letter-spacing:-.015em;text-wrap:balance}
p{margin:0;color:var(--soft);text-wrap:pretty}
p.next{margin-top:.75rem;color:var(--ink)}
dl{margin:1.75rem 0 0;padding-top:1.25rem;border-top:1px solid var(--line)}
dt{font-size:.875rem;color:var(--soft)}
dd{margin:.25rem 0 0;font:600 1rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;user-select:all}
footer{max-width:30rem;color:var(--soft);font-size:.875rem;text-align:center;text-wrap:balance}
`
