/** What several views are made of: buttons, fields, notes, lists of facts, tables. */
export const partStyle = `
button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { min-height: 2.5rem; padding: 0.4375rem 1rem; border: 1px solid var(--line-strong); border-radius: var(--round); background: transparent; cursor: pointer; }
button:hover { border-color: var(--ink); }
button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); font-weight: 600; }
button.primary:hover { border-color: var(--ink); }
button.quiet { min-height: 1.75rem; padding: 0.125rem 0.25rem; margin: 0 -0.25rem; border: 0; color: var(--accent); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
button.quiet:hover { color: var(--ink); }
button:disabled { border-color: var(--line); background: var(--line); color: var(--soft); cursor: default; }
button[aria-disabled='true'] { color: var(--soft); cursor: default; }
.buttons { display: flex; flex-wrap: wrap; gap: var(--gap-small); margin-top: var(--gap); }
.segments { display: inline-flex; flex-wrap: wrap; border: 1px solid var(--line-strong); border-radius: var(--round); }
.segments button { min-height: 2rem; padding: 0.1875rem 0.75rem; border: 0; border-radius: calc(var(--round) - 1px); color: var(--soft); }
.segments button[aria-pressed='true'] { background: var(--ink); color: var(--paper); }
label { display: block; font-weight: 600; font-size: 0.9375rem; }
input:not([type='radio']), select, textarea { width: 100%; min-height: 2.75rem; margin-top: 0.375rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line-strong); border-radius: var(--round); background: var(--raised); }
textarea { display: block; resize: vertical; line-height: 1.5; }
::placeholder { color: var(--soft); opacity: 1; }
.note { margin: var(--gap) 0; padding: 0.75rem 1rem; border-inline-start: 3px solid var(--line-strong); background: var(--raised); }
.note.good { border-color: var(--accent); background: var(--accent-wash); }
.note.bad { border-color: var(--bad); background: var(--bad-wash); }
.note-title { font-weight: 600; }
.code-name { margin-top: 0.25rem; font-size: 0.875rem; color: var(--soft); }
.notices { max-width: 62rem; margin-bottom: var(--gap-large); }
.notices .note { margin: 0; }
.empty { padding: 1.5rem 0; color: var(--soft); font-family: var(--display); font-size: 1.125rem; }
.tag { padding: 0.0625rem 0.5rem; border: 1px solid var(--accent); border-radius: 1rem; color: var(--accent); font-size: 0.8125rem; font-weight: 600; }
.facts { display: grid; gap: 0.375rem 2rem; margin-top: 0.75rem; }
.facts > div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 0.75rem; }
.facts dt { color: var(--soft); font-size: 0.9375rem; }
.facts dd button { min-height: 1.5rem; margin-inline-start: 0.5rem; padding-block: 0; }
.command { margin-top: var(--gap); padding: 0.875rem 1rem; border: 1px solid var(--line); border-radius: var(--round); background: var(--raised); }
.working::before, .coming::after { content: ''; display: inline-block; width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--accent); }
.working::before { margin-inline-end: 0.625rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); text-align: start; vertical-align: baseline; font-weight: 400; }
th:last-child, td:last-child { padding-inline-end: 0; }
thead th { color: var(--soft); font-size: 0.875rem; white-space: nowrap; }
.number { text-align: end; white-space: nowrap; }
details { margin-top: 0.75rem; }
summary { width: fit-content; color: var(--soft); font-size: 0.875rem; cursor: pointer; }
.scroll { max-height: 20rem; margin-top: 0.5rem; overflow: auto; }
dialog { width: min(34rem, calc(100vw - 2rem)); padding: 1.75rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--raised); color: inherit; }
dialog::backdrop { background: rgb(0 0 0 / 50%); }
`
