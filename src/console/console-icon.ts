/** A dial, as the gauges of the page. */
export const consoleIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#0b6b53"/>
<g fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round">
<path d="M8.2 21.5a9 9 0 1 1 15.6 0" opacity=".45"/>
<path d="M8.2 21.5a9 9 0 0 1 4.1-12.7"/>
</g>
</svg>
`
