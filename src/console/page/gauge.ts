import type { LimitWindow } from '../../backend/index.js'
import { element, type Child, type PageElement } from './element.js'
import { picture } from './parts.js'
import type { Scene } from './scene.js'

/** From here on a window is about to be used up. */
const almostPercent = 90

/** A window of the plan as a dial: what is used of it, a notch for how much of its time has passed, and when it begins anew. */
export function gauge(scene: Scene, window: LimitWindow): PageElement {
  const { state, words, format } = scene
  const { plan } = words
  const { usedPercent } = window
  const elapsed = elapsedPercent(window, state.nowMs)
  const level = usedPercent >= 100 ? 'reached' : usedPercent >= almostPercent ? 'almost' : 'calm'
  return element('article', { key: windowKey(window), class: `gauge ${level}` }, [
    element('h3', {}, windowTitle(scene, window)),
    element('div', { class: 'dial' }, [
      dial(usedPercent, elapsed),
      element('p', { class: 'reading' }, [
        element('strong', { class: 'numeral' }, format.percent(usedPercent)),
        element('span', {}, plan.usedWord),
      ]),
    ]),
    element('p', { class: 'reset' }, resetText(scene, window)),
    elapsed !== undefined && element('p', { class: 'soft elapsed' }, plan.elapsed(format.percent(elapsed))),
    level !== 'calm' && element('p', { class: 'level' }, plan[level]),
  ])
}

/** A limit may have several windows, which their length tells apart. */
export function windowKey({ limit, windowMs }: LimitWindow): string {
  return `${limit} ${windowMs ?? ''}`
}

/** The plan's own limit has no name but that of its window. */
export function windowTitle({ words, format }: Scene, { limit, name, windowMs }: LimitWindow): string {
  const window = windowMs === undefined ? words.plan.windowUnknown : words.plan.ofWindow(format.length(windowMs))
  return limit === 'codex' ? window : `${name} · ${window}`
}

function resetText({ state, words, format }: Scene, { resetsAtMs }: LimitWindow): Child {
  const { plan } = words
  if (resetsAtMs === undefined) return plan.resetUnknown
  const leftMs = resetsAtMs - state.nowMs
  if (leftMs <= 0) return plan.resetNow
  const moment = element('span', { class: 'unbroken' }, format.moment(resetsAtMs, state.nowMs))
  return [`${plan.resets(format.span(leftMs))} · `, moment]
}

/** How much of the window's time has passed, when both its length and its end are told. */
export function elapsedPercent({ windowMs, resetsAtMs }: LimitWindow, nowMs: number): number | undefined {
  if (windowMs === undefined || resetsAtMs === undefined) return undefined
  return clamp(100 - ((resetsAtMs - nowMs) / windowMs) * 100)
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent))
}

const radius = 80
const center = { x: 100, y: 100 }
/** The dial is open below: from 7 to 5 o'clock. */
const sweep = { fromDegrees: 150, degrees: 240 }

function dial(usedPercent: number, elapsed: number | undefined): PageElement {
  const arc = `M${point(0, radius)}A${radius} ${radius} 0 1 1 ${point(100, radius)}`
  const ticks = Array.from({ length: 11 }, (_, index) => line(index * 10, index % 5 === 0 ? 93 : 91, 96))
  return picture({ viewBox: '0 0 200 150' }, [
    element('path', { class: 'dial-ticks', d: ticks.join('') }),
    element('path', { class: 'dial-track', d: arc }),
    element('path', { class: 'dial-value', d: arc, pathLength: 100, 'stroke-dasharray': `${clamp(usedPercent)} 200` }),
    elapsed !== undefined && element('path', { class: 'dial-notch', d: line(elapsed, radius - 11, radius + 11) }),
  ])
}

/** A stroke across the dial, from one distance of its centre to another. */
function line(percent: number, from: number, to: number): string {
  return `M${point(percent, from)}L${point(percent, to)}`
}

function point(percent: number, distance: number): string {
  const angle = ((sweep.fromDegrees + (percent / 100) * sweep.degrees) / 180) * Math.PI
  const x = center.x + distance * Math.cos(angle)
  const y = center.y + distance * Math.sin(angle)
  return `${x.toFixed(2)} ${y.toFixed(2)}`
}
