/** Dials, lines and bars. They stretch with the page; what is written beside them does not. */
export const chartStyle = `
.gauges { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 2.5rem 3rem; }
.gauge { display: grid; justify-items: center; align-content: start; text-align: center; }
.dial { display: grid; width: min(15rem, 100%); margin-top: 0.75rem; }
.dial > * { grid-area: 1 / 1; }
.dial path { fill: none; }
.dial-track { stroke: var(--line); stroke-width: 9; }
.dial-value { stroke: var(--accent); stroke-width: 9; }
.dial-ticks { stroke: var(--line-strong); stroke-width: 1; }
.dial-notch { stroke: var(--ink); stroke-width: 2; }
.reading { align-self: center; padding-top: 1.25rem; color: var(--soft); font-size: 0.9375rem; line-height: 1.2; }
.reading .numeral { display: block; color: var(--ink); font-size: 3.25rem; }
.reset { font-weight: 600; }
.unbroken { white-space: nowrap; }
.elapsed::before { content: ''; display: inline-block; width: 2px; height: 0.75em; margin-inline-end: 0.5rem; background: var(--ink); }
.level { color: var(--bad); font-weight: 600; }
.almost .dial-value, .reached .dial-value { stroke: var(--bad); }
.as-of { margin-top: 1.75rem; }
.as-of button { margin-inline-start: 0.5rem; }
.section-head { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-end; gap: 0.75rem 2rem; }
.chart { margin-top: 1.5rem; }
.plot { display: grid; grid-template-columns: 3rem minmax(0, 1fr); gap: 0.5rem; }
.plot svg { width: 100%; height: 13rem; overflow: visible; }
.days figcaption { margin-bottom: 1rem; }
.plot.low svg { height: 7rem; }
.plot path { fill: none; vector-effect: non-scaling-stroke; }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .area { fill: var(--accent-wash); }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.series.first { stroke: var(--accent); }
.series.second { stroke: var(--second); stroke-dasharray: 1 5; stroke-width: 3; }
.series.third { stroke: var(--ink); stroke-dasharray: 8 5; stroke-width: 1.5; }
.series.dot { stroke-width: 7; stroke-dasharray: none; }
.plot-y, .plot-x { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.8125rem; line-height: 1; }
.plot-y { flex-direction: column; text-align: end; margin: -0.375rem 0; }
.plot-x { grid-column: 2; gap: 0.5rem; padding-top: 0.25rem; }
.plot-x span { white-space: nowrap; }
@media (max-width: 44rem) { .plot-x span:nth-child(2):not(:last-child) { display: none; } }
.chart-room { min-height: 16rem; padding-top: 1.5rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 0.25rem 0 1.25rem; color: var(--soft); font-size: 0.9375rem; }
.legend li { display: flex; align-items: center; gap: 0.5rem; }
.key { width: 1.5rem; }
.key.square { width: 0.75rem; }
.part-cached { fill: var(--accent); }
.part-input { fill: var(--accent-pale); }
.part-output { fill: var(--second); }
.bar { width: 100%; height: 0.375rem; margin-top: 0.375rem; background: var(--line); }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1.5rem 2rem; margin-top: 1.5rem; }
.totals dt { color: var(--soft); font-size: 0.9375rem; }
.totals strong, .totals span { display: block; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 2rem 3rem; margin: 2rem 0 1.25rem; }
.shares table { margin-top: 0.5rem; }
.share-name { width: 45%; }
`
