import { chartStyle } from './chart-style.js'
import { foundationStyle } from './foundation-style.js'
import { frameStyle } from './frame-style.js'
import { partStyle } from './part-style.js'
import { viewStyle } from './view-style.js'

/** The sheet of the page. */
export const consoleStyle = [foundationStyle, frameStyle, partStyle, chartStyle, viewStyle].join('\n')
