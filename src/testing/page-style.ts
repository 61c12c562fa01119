/** One sheet for all pages: system fonts, both colour schemes, touch-sized controls, nothing wider than a phone. */
export const pageStyle = `
:root { color-scheme: light dark; --page: #f4f4f2; --card: #fff; --ink: #191919; --muted: #5c5c5c; --line: #d5d5d1;
  --accent: #0b6b53; --on-accent: #fff; --problem: #a61b1b; --problem-page: #fdf0f0 }
@media (prefers-color-scheme: dark) { :root { --page: #131413; --card: #1d1f1e; --ink: #ededeb; --muted: #a3a7a4;
  --line: #3a3e3c; --accent: #5fd3b2; --on-accent: #06251c; --problem: #ffb0b0; --problem-page: #3a1f1f } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100svh; display: grid; grid-template-rows: 1fr auto; justify-items: center; gap: 1.5rem;
  padding: 1rem; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { align-self: center; width: 100%; max-width: 26rem; padding: clamp(1.25rem, 6vw, 2.25rem); background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
p { margin: 0 0 1.25rem; color: var(--muted) }
footer { max-width: 26rem; color: var(--muted); font-size: .8125rem; text-align: center; text-wrap: balance }
main > :last-child { margin-bottom: 0 }
form { display: grid; gap: 1.25rem }
label.field { display: block; margin-bottom: .375rem; font-weight: 600 }
input[type='text'] { width: 100%; padding: .75rem; border: 1px solid var(--muted); border-radius: .625rem; background: transparent;
  color: inherit; font: 600 1.5rem/1.2 ui-monospace, monospace; letter-spacing: .12em; text-align: center; text-transform: uppercase }
fieldset { margin: 0; padding: 0; border: 0; display: grid; gap: .5rem }
legend { padding: 0; margin-bottom: .5rem; font-weight: 600 }
.account { display: flex; gap: .75rem; align-items: center; padding: .75rem; border: 1px solid var(--line); border-radius: .625rem; cursor: pointer }
.account:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent) }
.account input { width: 1.125rem; height: 1.125rem; margin: 0; flex: none; accent-color: var(--accent) }
.account span { min-width: 0; overflow-wrap: anywhere }
small { display: block; color: var(--muted) }
dl { margin: 0; display: grid; gap: .75rem; padding: 1rem; border: 1px solid var(--line); border-radius: .625rem }
dt { font-size: .8125rem; color: var(--muted) }
dd { margin: 0; overflow-wrap: anywhere }
dd.code { font: 600 1.25rem/1.3 ui-monospace, monospace; letter-spacing: .08em }
.decide { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem }
button { min-height: 3rem; padding: .625rem 1rem; border: 1px solid var(--muted); border-radius: .625rem; background: transparent;
  color: inherit; font: inherit; font-weight: 600; cursor: pointer }
button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
button:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.problem { margin: .5rem 0 0; padding: .625rem .75rem; border-radius: .625rem; background: var(--problem-page); color: var(--problem) }
`
