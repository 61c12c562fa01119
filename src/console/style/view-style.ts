/** What one view alone has. */
export const viewStyle = `
.sign-in h1 + .stage { margin-top: 2rem; }
.stage { margin-top: 1.25rem; }
.stage > * + * { margin-top: 1.25rem; }
.stage.waiting { display: grid; gap: 1.75rem 3rem; }
.stage.waiting > * { margin: 0; }
.steps { display: grid; gap: 1.5rem; counter-reset: step; align-content: start; }
.steps li { counter-increment: step; display: grid; grid-template-columns: 2rem minmax(0, 1fr); }
.steps li::before { content: counter(step); grid-row: 1 / 3; color: var(--accent); font: 500 1.5rem/1.1 var(--display); }
.steps li > p + p { margin-top: 0.25rem; }
.user-code { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1rem; }
.user-code output { font-size: clamp(2.125rem, 9vw, 3.75rem); font-weight: 600; line-height: 1.2; letter-spacing: 0.04em; white-space: nowrap; user-select: all; }
.qr { width: 13rem; max-width: 100%; border-radius: var(--round); }
.qr-light { fill: #fff; }
.qr-dark { fill: #000; }
.waiting-foot > * + * { margin-top: 0.5rem; }
.waiting-foot button { margin-top: 1.25rem; }
@media (min-width: 46rem) {
  .stage.waiting { grid-template-columns: minmax(0, 1fr) auto; }
  .waiting-foot { grid-column: 1; }
  .qr { grid-row: 1 / 3; grid-column: 2; }
}
.search { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: end; gap: 0 1.25rem; max-width: 36rem; }
.search label { grid-column: 1 / 3; }
.search p { padding-bottom: 0.625rem; }
.models, .profiles { margin-top: var(--gap-large); border-top: 1px solid var(--line); }
.model, .profile { padding: 1.5rem 0 1.625rem; border-bottom: 1px solid var(--line); }
.model-head, .profile-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.875rem; }
.model-head button { margin-inline-start: auto; }
.model > .soft { margin-top: 0.25rem; max-width: 44rem; }
.levels { display: flex; flex-wrap: wrap; gap: 0.125rem 0.875rem; }
.levels .chosen { font-weight: 600; box-shadow: 0 2px 0 var(--accent); }
@media (min-width: 70rem) { .model-facts { grid-template-columns: 1fr 1fr; } }
.condition { color: var(--soft); }
.condition.valid, .condition.refreshable { color: var(--accent); }
.condition.dead, .condition.unreadable { color: var(--bad); }
.profile-head .condition { margin-inline-start: auto; }
.addresses { margin-top: 1.25rem; }
.new-profile .buttons { margin-top: 0.375rem; }
.new-profile input { width: auto; flex: 1 1 12rem; max-width: 22rem; margin: 0; }
.new-profile label { margin-top: var(--gap); }
.new-profile button { min-height: 2.75rem; }
.way { display: grid; grid-template-columns: 1.75rem minmax(0, 1fr); margin-top: 1rem; }
.way input { width: 1.125rem; height: 1.125rem; margin: 0.1875rem 0 0; }
.way p { grid-column: 2; }
legend { margin-top: 0.5rem; padding: 0; color: var(--soft); }
dialog .buttons { margin-top: 1.75rem; }
.turns { max-width: 46rem; }
.turn { padding: 1.125rem 0; border-top: 1px solid var(--line); }
.turn:first-child { border-top: 0; padding-top: 0; }
.speaker { color: var(--soft); font-size: 0.875rem; }
.assistant .speaker { color: var(--accent); }
.said { margin-top: 0.25rem; font-size: 1.0625rem; white-space: pre-wrap; }
.turn .soft { margin-top: 0.5rem; font-size: 0.875rem; }
.ask { max-width: 46rem; margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.ask:first-child, .opening + .ask { padding-top: 0; border-top: 0; margin-top: 0; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: var(--gap); margin-bottom: var(--gap); }
.ask-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.875rem; margin-top: 0.75rem; }
.requests td, .requests th { font-size: 0.9375rem; }
.requests .when { white-space: nowrap; }
.narrow { display: none; }
.progress { white-space: nowrap; }
.progress.running, .progress.waiting { color: var(--accent); font-weight: 600; }
.progress.failed { color: var(--bad); font-weight: 600; }
@media (max-width: 44rem) {
  .secondary { display: none; }
  .narrow { display: block; }
  .requests code { font-size: 0.8125rem; white-space: nowrap; }
}
.verdict { margin-top: 1.5rem; font-family: var(--display); font-size: 1.25rem; }
.findings { margin-top: 1.25rem; border-top: 1px solid var(--line); }
.finding { display: grid; grid-template-columns: 1.25rem minmax(0, 1fr); gap: 0.875rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
.finding h2 { font: 600 1rem/1.5 var(--sans); letter-spacing: 0; }
.finding h2 .soft { font-weight: 400; }
.finding .mark { width: 1.125rem; margin-top: 0.1875rem; fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.finding.warn .mark { stroke: var(--ink); }
.finding.fail .mark { stroke: var(--bad); }
`
