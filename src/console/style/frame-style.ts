/** What stands around every view: the head with the parts of the page, and the foot with the gateway. */
export const frameStyle = `
.page { display: grid; min-height: 100vh; min-height: 100svh; grid-template: auto 1fr auto / minmax(0, 1fr); }
.skip { position: absolute; inset-inline-start: var(--gap); top: -4rem; z-index: 2; padding: 0.5rem 1rem; background: var(--ink); color: var(--paper); border-radius: var(--round); }
.skip:focus { top: var(--gap-small); }
.head { padding: 1.25rem 1.25rem 0; border-bottom: 1px solid var(--line); }
.brand { display: inline-flex; align-items: center; gap: 0.5rem; color: var(--ink); font: 500 1.25rem/1 var(--display); letter-spacing: -0.01em; text-decoration: none; }
.brand .mark { width: 1.625rem; fill: none; stroke-width: 3.5; }
.mark-track { stroke: var(--line); }
.mark-value { stroke: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-top: 0.75rem; }
nav a { display: block; padding: 0.5rem 0 0.5rem; border-bottom: 2px solid transparent; color: var(--soft); text-decoration: none; white-space: nowrap; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
main { padding: 2rem 1.25rem 3rem; }
.foot { display: flex; flex-direction: column; gap: 0.75rem; align-items: flex-start; padding: 1.5rem 1.25rem 2rem; border-top: 1px solid var(--line); font-size: 0.875rem; }
.foot .soft { font-size: 0.875rem; }
.base-url code { font-size: 0.75rem; }
.base-url { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.625rem; }
.connection::before { content: ''; display: inline-block; width: 0.5rem; height: 0.5rem; margin-inline-end: 0.5rem; border-radius: 50%; background: var(--line-strong); }
.connection.live::before { background: var(--accent); }
.connection.lost { color: var(--bad); }
.connection.lost::before { background: var(--bad); }
.opening { margin-bottom: 2.25rem; }
.lede { margin-top: 0.625rem; max-width: 42rem; color: var(--soft); font-size: 1.0625rem; }
.view { max-width: 62rem; }
section, .new-profile { margin-top: var(--gap-section); padding-top: 1.5rem; border-top: 1px solid var(--line); }
.opening + section { margin-top: 0; }
.view section:first-child { margin-top: 0; padding-top: 0; border-top: 0; }
.noscript { padding: 2rem; }
@media (min-width: 56rem) {
  .page { grid-template: 1fr auto / 16rem minmax(0, 1fr); grid-template-areas: 'head main' 'foot main'; }
  .head { grid-area: head; padding: 2.25rem 2rem; border-bottom: 0; }
  .head nav { position: sticky; top: 2rem; }
  main { grid-area: main; border-inline-start: 1px solid var(--line); padding: 2.25rem clamp(2rem, 5vw, 5rem) 5rem; }
  .foot { grid-area: foot; position: sticky; bottom: 0; align-self: end; padding: 1.5rem 2rem 2rem; border-top: 0; }
  nav ul { display: block; margin-top: 2.25rem; }
  nav a { padding: 0.375rem 0 0.375rem 0.875rem; border-bottom: 0; border-inline-start: 2px solid transparent; }
}
`
